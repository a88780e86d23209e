import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parseRule } from '@seawall/alerts';
import { parse } from 'yaml';
import { lines, type FlowFile } from './flow.ts';

const DOCUMENT = readFileSync(new URL('../../docs/rules.md', import.meta.url), 'utf8');

/** What stands between fences of a language, in a text. */
function blocks(language: string, text: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(([, block]) => block!);
}

describe('docs/rules.md', () => {
  it.each(blocks('yaml', DOCUMENT).map((text) => [/^id: (.*)$/m.exec(text)?.[1], text]))(
    'shows with %s a rule that the hub takes',
    (_, text) => void parseRule(parse(text!)),
  );

  it('tells of the gateway that goes dark what the engine makes of it', () => {
    const example = DOCUMENT.slice(DOCUMENT.indexOf('### A gateway goes dark'));
    const flow = parse(readFileSync(new URL('./flows/gateway-goes-dark.yaml', import.meta.url), 'utf8')) as FlowFile;
    expect(parse(blocks('yaml', example)[0]!)).toEqual(flow.rule);
    expect(lines(blocks('text', example)[0]!)).toEqual(lines(flow.transitions));
  });
});
