/** Units of text that an unbounded quantifier is reckoned with, largest first: longer text is not looked at. */
const textMaxima = [512, 128, 64] as const
/** Places that a search may try before it gives up: some 20 µs. */
const stepsMax = 20_000

/** A pattern that JavaScript may run on the thread of the event loop, for what it can cost is bounded. */
export interface CheapPattern {
  readonly compiled: RegExp
  /** Units of text up to which it is. */
  readonly textMax: number
  /** What matches has no character beyond ASCII. */
  readonly isAscii: boolean
}

/** How a part of a pattern can be matched: in so many ways at most, over so many places. */
interface Cost {
  readonly ways: number
  readonly steps: number
}

/** Tells whether a pattern (ECMA-262, `u`) is cheap however its text is; undefined for one that is not, or that is not understood here. */
export function cheapPattern(source: string): CheapPattern | undefined {
  for (const textMax of textMaxima) {
    const reader = new PatternReader(source, textMax)
    const found = reader.whole()
    if (!found) return undefined
    const compiled = found.steps <= stepsMax && compiledOf(source)
    if (compiled) return { compiled, textMax, isAscii: found.isAscii }
  }
  return undefined
}

/** What is a pattern for Rust alone is left to it. */
function compiledOf(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'u')
  } catch {
    return undefined
  }
}

const sole: Cost = { ways: 1, steps: 1 }
const atomLetter = /[A-Za-z0-9 _@:;,=<>!"#%&'~`/-]/
const asciiClass = /[dw]/
const otherClass = /[sSDW]/
const escapedSign = /[\^$\\.*+?()[\]{}|/tnr]/
const classLetter = /[ -Z^-~]/

/** Reads the part of the language of patterns whose cost is plain: no look-around, no references, no flags, ASCII alone. */
class PatternReader {
  readonly #source: string
  readonly #textMax: number
  #at = 0
  #isAscii = true

  constructor(source: string, textMax: number) {
    this.#source = source
    this.#textMax = textMax
  }

  whole(): { steps: number; isAscii: boolean } | undefined {
    const isStart = this.#take('^')
    const cost = this.#sequence()
    const isEnd = cost !== undefined && this.#take('$')
    if (!cost || this.#at < this.#source.length) return undefined
    // Without a beginning, each place of the text is one to begin at.
    const steps = isStart ? cost.steps : (cost.steps + 1) * this.#textMax
    return { steps, isAscii: this.#isAscii && isStart && isEnd }
  }

  #take(sign: string): boolean {
    if (!this.#source.startsWith(sign, this.#at)) return false
    this.#at += sign.length
    return true
  }

  #next(): string {
    return this.#source.charAt(this.#at)
  }

  #sequence(): Cost | undefined {
    let [ways, steps] = [1, 0]
    while (this.#at < this.#source.length && !/[|)$]/.test(this.#next())) {
      const atom = this.#atom()
      const cost = atom && this.#quantified(atom)
      if (!cost) return undefined
      steps += ways * cost.steps
      ways *= cost.ways
    }
    return { ways, steps }
  }

  #atom(): Cost | undefined {
    if (this.#take('(')) return this.#group()
    if (this.#take('[')) return this.#class()
    if (this.#take('\\')) return this.#escape(escapedSign)
    const letter = this.#next()
    if (letter !== '.' && !atomLetter.test(letter)) return undefined
    if (letter === '.') this.#isAscii = false
    this.#at += 1
    return sole
  }

  #escape(signs: RegExp): Cost | undefined {
    const letter = this.#next()
    this.#at += 1
    if (otherClass.test(letter)) this.#isAscii = false
    return asciiClass.test(letter) || otherClass.test(letter) || signs.test(letter) ? sole : undefined
  }

  #class(): Cost | undefined {
    if (this.#take('^')) this.#isAscii = false
    while (this.#at < this.#source.length) {
      if (this.#take(']')) return sole
      if (this.#take('\\')) {
        // Within a class a hyphen may be escaped, too.
        if (!this.#take('-') && !this.#escape(escapedSign)) return undefined
      } else if (classLetter.test(this.#next())) this.#at += 1
      else return undefined
    }
    return undefined
  }

  #group(): Cost | undefined {
    if (this.#next() === '?' && !this.#take('?:')) return undefined
    let [ways, steps] = [0, 0]
    do {
      const cost = this.#sequence()
      if (!cost) return undefined
      ways += cost.ways
      steps += cost.steps + 1
    } while (this.#take('|'))
    return this.#take(')') ? { ways, steps } : undefined
  }

  #quantified({ ways, steps }: Cost): Cost | undefined {
    const bounds = this.#bounds()
    if (!bounds) return { ways, steps }
    this.#take('?')
    const [least, most] = bounds
    if (most > this.#textMax || least > most) return undefined
    let [allWays, allSteps, power] = [0, 1, 1]
    for (let times = 0; times <= most; times++) {
      if (times >= least) allWays += power
      if (times < most) allSteps += power * steps
      power *= ways
    }
    return { ways: allWays, steps: allSteps }
  }

  #bounds(): readonly [number, number] | undefined {
    if (this.#take('*')) return [0, this.#textMax]
    if (this.#take('+')) return [1, this.#textMax]
    if (this.#take('?')) return [0, 1]
    const [text, least, comma, most] = /^\{(\d+)(,?)(\d*)\}/.exec(this.#source.slice(this.#at)) ?? []
    if (text === undefined) return undefined
    this.#at += text.length
    return [Number(least), most ? Number(most) : comma ? this.#textMax : Number(least)]
  }
}
