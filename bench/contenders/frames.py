"""DuckDB or polars on the same rules: python3 frames.py duckdb|polars '<job>'. Valid records to a file; no violations and no report."""

import json
import os
import resource
import sys
import time

INTEGER = r"^-?[0-9]+$"
NUMBER = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$"
EMAIL = r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$"
DATE_TIME = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"


CPU = {}


def tick(name):
    CPU[name] = time.process_time()
    return time.perf_counter()


def literal(text):
    return "'" + text.replace("'", "''") + "'"


def sql_conditions(schema):
    for name, rules in schema["properties"].items():
        cell = '"' + name + '"'
        kind = rules.get("type")
        if kind in ("integer", "number"):
            yield f"regexp_matches({cell}, {literal(INTEGER if kind == 'integer' else NUMBER)})"
            value = f"TRY_CAST({cell} AS {'BIGINT' if kind == 'integer' else 'DOUBLE'})"
            for keyword, sign in (("minimum", ">="), ("maximum", "<=")):
                if keyword in rules:
                    yield f"{value} {sign} {rules[keyword]}"
        if "enum" in rules:
            yield f"{cell} IN ({', '.join(literal(text) for text in rules['enum'])})"
        if "pattern" in rules:
            yield f"regexp_matches({cell}, {literal(rules['pattern'])})"
        if rules.get("format") == "email":
            yield f"regexp_matches({cell}, {literal(EMAIL)})"
        if rules.get("format") == "date-time":
            yield f"regexp_matches({cell}, {literal(DATE_TIME)})"
            yield f"TRY_CAST({cell} AS TIMESTAMP) IS NOT NULL"


def run_duckdb(job):
    import duckdb

    start = tick("start")
    connection = duckdb.connect()
    where = " AND ".join(f"({condition})" for condition in sql_conditions(job["schema"]))
    source = f"read_csv({literal(job['input'])}, header=true, all_varchar=true, delim=',', quote='\"', escape='\"', auto_detect=true)"
    if job["sink"] == "files":
        query = f"COPY (SELECT * FROM {source} WHERE {where}) TO {literal(job['outputs']['valid'])} (HEADER, DELIMITER ',')"
    else:
        query = f"SELECT count(*) FROM {source} WHERE {where}"
    valid = connection.execute(query).fetchone()[0]
    return tick("end") - start, valid


def polars_conditions(polars, schema):
    for name, rules in schema["properties"].items():
        cell = polars.col(name)
        kind = rules.get("type")
        if kind in ("integer", "number"):
            yield cell.str.contains(INTEGER if kind == "integer" else NUMBER)
            value = cell.cast(polars.Int64 if kind == "integer" else polars.Float64, strict=False)
            if "minimum" in rules:
                yield value >= rules["minimum"]
            if "maximum" in rules:
                yield value <= rules["maximum"]
        if "enum" in rules:
            yield cell.is_in(rules["enum"])
        if "pattern" in rules:
            yield cell.str.contains(rules["pattern"])
        if rules.get("format") == "email":
            yield cell.str.contains(EMAIL)
        if rules.get("format") == "date-time":
            yield cell.str.contains(DATE_TIME)
            yield cell.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%#z", strict=False, time_zone="UTC").is_not_null()


def run_polars(job):
    import polars

    start = tick("start")
    frame = polars.scan_csv(job["input"], infer_schema=False).filter(*polars_conditions(polars, job["schema"]))
    if job["sink"] == "files":
        frame.sink_csv(job["outputs"]["valid"])
        elapsed = tick("end") - start
        return elapsed, count_records(job["outputs"]["valid"])
    valid = frame.select(polars.len()).collect(engine="streaming").item()
    return tick("end") - start, valid


def count_records(path):
    import polars

    return polars.scan_csv(path, infer_schema=False).select(polars.len()).collect().item()


def peak_bytes():
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main():
    engine, job = sys.argv[1], json.loads(sys.argv[2])
    # As many threads as Sluice has.
    os.environ.setdefault("POLARS_MAX_THREADS", str(os.cpu_count()))
    seconds, valid = {"duckdb": run_duckdb, "polars": run_polars}[engine](job)
    counts = {"read": job["records"], "valid": valid, "invalid": job["records"] - valid, "violations": 0}
    print(json.dumps({"seconds": seconds, "cpuSeconds": CPU["end"] - CPU["start"], "peakBytes": peak_bytes(), "counts": counts}))


main()
