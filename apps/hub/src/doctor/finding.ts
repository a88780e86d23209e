/** What one look at the installation found, as a sentence; what to do stands there whenever it needs attention. */
export type Finding =
  | { readonly check: string; readonly state: 'ok' | 'unknown'; readonly says: string; readonly todo?: string }
  | { readonly check: string; readonly state: 'attention'; readonly says: string; readonly todo: string };

export function ok(check: string, says: string): Finding {
  return { check, state: 'ok', says };
}

/** It could not be looked at, which is no fault by itself. @param todo how to have it looked at */
export function unknown(check: string, says: string, todo?: string): Finding {
  return { check, state: 'unknown', says, ...(todo === undefined ? {} : { todo }) };
}

export function attention(check: string, says: string, todo: string): Finding {
  return { check, state: 'attention', says, todo };
}
