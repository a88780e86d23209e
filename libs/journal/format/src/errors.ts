import { ENTRY_VERSION } from '@seawall/ports';

/** The entry was written by a Seawall that knows more than this one. */
export class UnknownEntryVersionError extends Error {
  override readonly name = 'UnknownEntryVersionError';

  constructor(version: number | undefined) {
    super(
      `The journal holds an entry of version ${version ?? 'none'}, and this Seawall reads version ${ENTRY_VERSION} only. ` +
        'Start the release that wrote it, or point the hub at another data directory.',
    );
  }
}

/** The bytes are no whole entry: torn, rotten, or written by something else. */
export class DamagedEntryError extends Error {
  override readonly name = 'DamagedEntryError';
}
