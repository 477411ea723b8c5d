// The package comes without types; this is the part of it that is used.
declare module 'picomatch' {
  interface Scanned {
    /** The folder before the first special character. */
    base: string
    /** The pattern within it; empty where nothing is special. */
    glob: string
    isGlob: boolean
    isBrace: boolean
    isExtglob: boolean
    isGlobstar: boolean
  }

  interface Picomatch {
    (glob: string, options?: object): (path: string) => boolean
    scan(pattern: string, options?: object): Scanned
  }

  const picomatch: Picomatch
  export default picomatch
}
