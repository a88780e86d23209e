/** MQTT 3.1.1, 4.7: `+` stands for one level, a `#` at the end for any number of them, its parent's included. */
export function isWildcard(filter: string): boolean {
  return filter.includes('+') || filter.includes('#');
}

/** What every topic that matches a filter begins with. */
export function literalPrefix(filter: string): string {
  const wildcard = filter.search(/[+#]/);
  if (wildcard < 0) return filter;
  // "a/#" matches "a" as well, so the separator does not belong to the prefix.
  return filter[wildcard] === '#' ? filter.slice(0, Math.max(0, wildcard - 1)) : filter.slice(0, wildcard);
}

/** A wildcard at the front matches no topic of the broker's own: those begin with `$` [MQTT-4.7.2-1]. */
export function topicMatcher(filter: string): (topic: string) => boolean {
  const wanted = filter.split('/');
  const wildcardFirst = wanted[0] === '+' || wanted[0] === '#';
  return (topic) => {
    if (wildcardFirst && topic.startsWith('$')) return false;
    const levels = topic.split('/');
    for (const [i, level] of wanted.entries()) {
      if (level === '#') return true;
      if (i >= levels.length || (level !== '+' && level !== levels[i])) return false;
    }
    return wanted.length === levels.length;
  };
}
