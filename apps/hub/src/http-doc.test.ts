import { expect, it } from '@jest/globals';
import { DEFAULT_LIMITS } from '@seawall/gateway';
import { readFileSync } from 'node:fs';
import { SETTINGS } from './config/settings.ts';
import { MIN_LENGTH } from './config/token.ts';

const document = readFileSync(new URL('../../../docs/http.md', import.meta.url), 'utf8');

/** What is beyond the API's own test of that page. */
it.each([
  `| readings of one body | ${DEFAULT_LIMITS.maxReadingsPerSubmission.toLocaleString('en')} |`,
  `| how long a query may run | \`--${SETTINGS.queryTimeoutMs.flag}\`, ${SETTINGS.queryTimeoutMs.fallback} unless set | 504 |`,
  `| the token | ${MIN_LENGTH} characters at least |`,
])('docs/http.md tells the limit %j', (row) => expect(document).toContain(row));
