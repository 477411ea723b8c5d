// Puts Kafka's jars from Maven into ~/.cache/sluice, once, and prints the folder. The tests of brokers and bench/kafka.mjs run them with java.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const version = '4.3.0'
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>sluice</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${version}</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>`

/** The folder with the jars; they are fetched where they are not there. Throws where java or mvn is missing. */
export function installKafka() {
  run('java', ['-version'])
  const folder = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'sluice', `kafka-${version}`)
  if (existsSync(folder)) return folder
  const work = mkdtempSync(join(tmpdir(), 'sluice-kafka-'))
  try {
    writeFileSync(join(work, 'pom.xml'), pom)
    mkdirSync(dirname(folder), { recursive: true })
    // Beside its place and renamed at the end, so that a folder that is there is whole.
    const fetched = `${folder}.${process.pid}`
    run('mvn', ['--batch-mode', '--quiet', '--file', join(work, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${fetched}`])
    try {
      renameSync(fetched, folder)
    } catch (error) {
      rmSync(fetched, { recursive: true, force: true })
      // Another process was faster.
      if (!existsSync(folder)) throw error
    }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
  return folder
}

function run(program, words) {
  try {
    execFileSync(program, words, { stdio: 'pipe' })
  } catch (cause) {
    const told = cause.code === 'ENOENT' ? 'it is not installed' : `${cause.stdout}${cause.stderr}`
    throw new Error(`${program} could not be run, which a real Kafka broker needs: ${told}`, { cause })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(installKafka())
