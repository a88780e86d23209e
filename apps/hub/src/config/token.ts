import { SettingError } from './setting-error.ts';

export const MIN_LENGTH = 8;

/** Why no client can send a token, as HTTP's header has it; undefined where one can. */
export function faultOfToken(token: string): string | undefined {
  if (/^[\x21-\x7e]+$/.test(token)) return undefined;
  return 'SEAWALL_TOKEN must consist of plain letters, digits and signs: no blank, no line break (as echo leaves at the end of a file), nothing beyond ASCII.';
}

/**
 * The token every client is asked for; undefined with `--no-auth`. It comes by variable only: a flag would show it to
 * everyone who can list processes.
 * @throws SettingError if it is missing, too short to keep anyone out, or none that a client can send
 */
export function readToken(auth: boolean, environment: NodeJS.ProcessEnv): string | undefined {
  if (!auth) return undefined;
  const token = environment.SEAWALL_TOKEN ?? '';
  if (token === '') {
    throw new SettingError(
      'SEAWALL_TOKEN is not set. Set it to a secret that clients will be asked for, or try the hub on loopback with --no-auth.',
    );
  }
  if (token.length < MIN_LENGTH) throw new SettingError(`SEAWALL_TOKEN must have ${MIN_LENGTH} characters at least.`);
  const fault = faultOfToken(token);
  if (fault !== undefined) throw new SettingError(fault);
  return token;
}
