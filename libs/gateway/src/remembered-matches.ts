const MAX_TOPICS = 50_000;

/** A table of subscriptions that answers by topic, as mqemitter keeps one inside. */
export interface Matcher<Match> {
  match(topic: string): Match;
  add(...parameters: unknown[]): unknown;
  remove(...parameters: unknown[]): unknown;
}

/**
 * Lets a matcher remember its answers until a subscription comes or goes: telemetry repeats its topics a thousand times
 * between two subscriptions, and splitting a topic into levels costs more than all else of an undelivered publish.
 */
export function rememberMatches<Match>(matcher: Matcher<Match>): void {
  const known = new Map<string, Match>();
  const match = matcher.match.bind(matcher);
  const add = matcher.add.bind(matcher);
  const remove = matcher.remove.bind(matcher);
  matcher.match = (topic) => {
    let found = known.get(topic);
    if (found !== undefined) return found;
    if (known.size >= MAX_TOPICS) known.clear();
    found = match(topic);
    known.set(topic, found);
    return found;
  };
  matcher.add = (...parameters) => {
    known.clear();
    return add(...parameters);
  };
  matcher.remove = (...parameters) => {
    known.clear();
    return remove(...parameters);
  };
}
