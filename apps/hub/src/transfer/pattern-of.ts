/** A pattern of `where` that admits a name: it has no way to say that "*" and a leading "!" are meant as they stand, so it may admit more. */
export function patternOf(name: string): string {
  return name.startsWith('!') ? `*${name.slice(1)}` : name;
}
