/** Where one alert stands. Times are event time, epoch ms. */
export type AlertPhase =
  | { readonly state: 'inactive' }
  | { readonly state: 'pending'; readonly since: number }
  | { readonly state: 'firing'; readonly clearSince: number | null }
  | { readonly state: 'resolved' };

export type AlertEvent =
  /** A window result that speaks of `time`; `told` is how to say what was found. */
  | {
      readonly kind: 'observed';
      readonly time: number;
      readonly breaches: boolean;
      readonly clears: boolean;
      readonly told: Told;
    }
  /** The rule went away or was replaced, or selects nothing for it any more. */
  | { readonly kind: 'withdrawn'; readonly because: string };

/** What the value was found to be, for people; asked only when something changes. */
export interface Told {
  /** "mean 187 above 150" */
  breach(): string;
  /** "mean 110 no longer above 150" */
  clear(): string;
}

/** How long the condition must hold, and how long an alert stays after it has cleared; both in event time. */
export interface Holding {
  readonly forMs: number;
  readonly forText: string;
  readonly keepFiringForMs: number;
  readonly keepFiringForText: string;
}

export interface Step {
  readonly phase: AlertPhase;
  /** Why the alert changed; null if it did not, whatever the phase has noted. */
  readonly because: string | null;
}

/** One step of an alert's life. */
export function step(phase: AlertPhase, event: AlertEvent, holding: Holding): Step {
  switch (event.kind) {
    case 'observed':
      return observe(phase, event, holding);
    case 'withdrawn':
      return withdraw(phase, event.because);
  }
}

type Observed = Extract<AlertEvent, { kind: 'observed' }>;

function observe(phase: AlertPhase, event: Observed, holding: Holding): Step {
  switch (phase.state) {
    case 'inactive':
    case 'resolved':
      return event.breaches ? begin(event, holding) : { phase, because: null };
    case 'pending':
      return confirm(phase, event, holding);
    case 'firing':
      return hold(phase, event, holding);
  }
}

function begin({ time, told }: Observed, holding: Holding): Step {
  if (holding.forMs === 0) return { phase: { state: 'firing', clearSince: null }, because: told.breach() };
  return { phase: { state: 'pending', since: time }, because: `${told.breach()}, fires after ${holding.forText}` };
}

function confirm(phase: Extract<AlertPhase, { state: 'pending' }>, event: Observed, holding: Holding): Step {
  if (!event.breaches) return { phase: { state: 'inactive' }, because: event.told.clear() };
  if (event.time - phase.since < holding.forMs) return { phase, because: null };
  return { phase: { state: 'firing', clearSince: null }, because: `${event.told.breach()} for ${holding.forText}` };
}

/** Between the threshold and `clear` a firing alert goes on firing, and its clearing begins anew. */
function hold(phase: Extract<AlertPhase, { state: 'firing' }>, event: Observed, holding: Holding): Step {
  if (!event.clears) {
    return { phase: phase.clearSince === null ? phase : { state: 'firing', clearSince: null }, because: null };
  }
  if (holding.keepFiringForMs === 0) return { phase: { state: 'resolved' }, because: event.told.clear() };
  const clearSince = phase.clearSince ?? event.time;
  if (event.time - clearSince < holding.keepFiringForMs)
    return { phase: { state: 'firing', clearSince }, because: null };
  return { phase: { state: 'resolved' }, because: `${event.told.clear()} for ${holding.keepFiringForText}` };
}

function withdraw(phase: AlertPhase, because: string): Step {
  switch (phase.state) {
    case 'inactive':
    case 'resolved':
      return { phase, because: null };
    case 'pending':
      return { phase: { state: 'inactive' }, because };
    case 'firing':
      return { phase: { state: 'resolved' }, because };
  }
}
