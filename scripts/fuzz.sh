#!/usr/bin/env bash
# Runs every fuzz target for SECONDS_EACH (30) seconds: bash scripts/fuzz.sh [target ...]. What it finds is in native/fuzz/artifacts.
# Without a nightly compiler the stable one is asked to allow the flags of the fuzzer; no sanitizer then, which safe code can do without.
set -euo pipefail
cd "$(dirname "$0")/../native/fuzz"
seconds=${SECONDS_EACH:-30}
export RUSTC_BOOTSTRAP=1
cargo fuzz --version >/dev/null 2>&1 || cargo install cargo-fuzz --locked --quiet
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(frame decode schema plan)
status=0
for target in "${targets[@]}"; do
  corpus=corpus/$target
  mkdir -p "$corpus"
  printf '\n== fuzz %s\n' "$target"
  cargo fuzz run --fuzz-dir . --sanitizer none --release "$target" "$corpus" "seeds/$target" -- \
    -max_total_time="$seconds" -timeout=25 -rss_limit_mb=4096 -print_final_stats=1 \
    $([ -f "dictionaries/$target.dict" ] && echo "-dict=dictionaries/$target.dict") 2>&1 |
    grep -E 'stat::(number_of_executed_units|average_exec_per_sec|peak_rss_mb)|panicked|ERROR|SUMMARY|artifact' || true
  [ "${PIPESTATUS[0]}" -eq 0 ] || status=1
done
exit "$status"
