import { describe, expect, it } from '@jest/globals';
import { decodeLineProtocol } from './line-protocol.ts';
import type { LineLimits, LineProtocolResult, LineTags, Precision } from './line-sink.ts';
import { ARRIVAL, collector, LIMITS } from './line-fixture.ts';

interface Decoded extends LineProtocolResult {
  readonly readings: readonly string[];
  readonly heads: readonly (readonly [string, LineTags])[];
}

function decode(text: string | Uint8Array, precision: Precision = 'ms', limits: Partial<LineLimits> = {}): Decoded {
  const { find, readings, heads } = collector();
  const payload = typeof text === 'string' ? Buffer.from(text) : text;
  const result = decodeLineProtocol(payload, precision, ARRIVAL, { ...LIMITS, ...limits }, find);
  return { ...result, readings, heads };
}

/** How many characters are looked at, one by one and by searching, while a text is decoded. */
function stepsOf(text: string): number {
  const { charCodeAt, indexOf } = Object.getOwnPropertyDescriptors(String.prototype);
  let steps = 0;
  String.prototype.charCodeAt = function (this: string, at) {
    steps++;
    return charCodeAt.value!.call(this, at);
  };
  String.prototype.indexOf = function (this: string, search, from = 0) {
    const found = indexOf.value!.call(this, search, from);
    steps += (found < 0 ? this.length : found) - from + 1;
    return found;
  };
  try {
    decode(text, 'ms', { maxReadings: 1_000_000 });
  } finally {
    Object.defineProperties(String.prototype, { charCodeAt, indexOf });
  }
  return steps;
}

const faultsOf = ({ faults }: Decoded) => faults.map(({ reason, pointer }) => `${reason} ${pointer}`);
const T = 1_790_000_000_000;

describe('what a line says', () => {
  it.each<[string, string, LineTags, readonly string[]]>([
    // The examples of the grammar's own documentation, and what its rules of escaping say.
    ['myMeasurement fieldKey=12', 'myMeasurement', [], ['fieldKey=12']],
    [
      'm,tag1=value1,tag2=value2 f=-1.5',
      'm',
      [
        ['tag1', 'value1'],
        ['tag2', 'value2'],
      ],
      ['f=-1.5'],
    ],
    ['my\\ Measurement f=1', 'my Measurement', [], ['f=1']],
    ['my\\,Measurement f=1', 'my,Measurement', [], ['f=1']],
    ['my=Measurement f=1', 'my=Measurement', [], ['f=1']],
    ['my\\=Measurement f=1', 'my\\=Measurement', [], ['f=1']],
    ['"my" f=1', '"my"', [], ['f=1']],
    ['m,tagKey=tag\\ Value f=1', 'm', [['tagKey', 'tag Value']], ['f=1']],
    ['m,tag\\ Key\\,1\\=2=v\\,\\=\\ 3 f=1', 'm', [['tag Key,1=2', 'v,= 3']], ['f=1']],
    ['m,t="quoted" f=1', 'm', [['t', '"quoted"']], ['f=1']],
    ['m,path=C:\\dir\\x f=1', 'm', [['path', 'C:\\dir\\x']], ['f=1']],
    ['m,path=a\\\\ b f=1', 'm', [['path', 'a\\ b']], ['f=1']],
    ['m,t=🍭 launch\\ 🚀=2', 'm', [['t', '🍭']], ['launch 🚀=2']],
    ['m field\\,Key\\=\\ x=1', 'm', [], ['field,Key= x=1']],
    ['m "f"=1', 'm', [], ['"f"=1']],
    ['m a=1,b=2i,c=3u,d=t,e=FALSE', 'm', [], ['a=1', 'b=2', 'c=3', 'd=1', 'e=0']],
    ['m,emoji=\\u00e9 é=1', 'm', [['emoji', '\\u00e9']], ['é=1']],
  ])('%s', (line, measurement, tags, readings) => {
    const decoded = decode(line);
    expect(decoded.faults).toEqual([]);
    expect(decoded.heads).toEqual([[measurement, tags]]);
    expect(decoded.readings).toEqual(readings.map((reading) => `${measurement}/_/${reading}@${ARRIVAL}`));
    expect([decoded.lines, decoded.dropped]).toEqual([1, 0]);
  });

  it.each<[string, number]>([
    ['1', 1], ['-1', -1], ['+1', 1], ['1.', 1], ['.5', 0.5], ['-.5', -0.5], ['1e3', 1000], ['1.5E-2', 0.015], ['-0', -0],
    ['0.1', 0.1], ['12.30', 12.3], ['9007199254740993', 9007199254740992], ['0.30000000000000004', 0.30000000000000004],
    ['1.7976931348623157e308', Number.MAX_VALUE], ['5e-324', 5e-324], ['123456789012345678901234567890', 1.2345678901234568e29],
    ['42i', 42], ['-42i', -42], ['0i', 0], ['-0i', 0], ['+7i', 7], ['007i', 7], ['9223372036854775807i', 2 ** 63],
    ['-9223372036854775808i', -(2 ** 63)], ['42u', 42], ['18446744073709551615u', 2 ** 64], ['-0u', 0],
    ['t', 1], ['T', 1], ['true', 1], ['True', 1], ['TRUE', 1], ['f', 0], ['F', 0], ['false', 0], ['False', 0], ['FALSE', 0],
  ])('takes the value %s', (text, value) => {
    const { find, values } = collector();
    const { faults } = decodeLineProtocol(Buffer.from(`m f=${text}`), 'ns', ARRIVAL, LIMITS, find);
    expect([faults, values]).toEqual([[], [value]]);
  }); // prettier-ignore

  it.each([
    '', 'NaN', 'nan', 'inf', '-Inf', 'Infinity', '1e400', '-1e400', '1.5i', '1e2i', 'i', 'u', '-i', '-1u', '1ii', '1d', '0x10',
    '--1', '1.2.3', '.', '-', 'e5', '1e', 'tRUE', 'yes', 'null', "'x'", '9223372036854775808i', '-9223372036854775809i',
    '18446744073709551616u', `${'9'.repeat(5000)}i`, '1_000', '１',
  ])('refuses the value %s, and keeps the field beside it', (text) => {
    const decoded = decode(`m f=${text},g=1`);
    expect(faultsOf(decoded)).toEqual(['not-a-number /1/f']);
    expect(decoded.readings).toEqual([`m/_/g=1@${ARRIVAL}`]);
    expect(decoded.dropped).toBe(0);
  }); // prettier-ignore

  it('takes a text that names a declared state, with its escapes, and rejects any other', () => {
    const decoded = decode('m door="open",say="a \\"b\\" \\\\ \\n c",else="ajar"');
    expect(decoded.readings).toEqual([`m/_/door=1@${ARRIVAL}`, `m/_/say=7@${ARRIVAL}`]);
    expect(faultsOf(decoded)).toEqual(['undeclared-text /1/else']);
    expect(decoded.faults[0]!.sample).toBe('else="ajar"');
  });

  it('reads texts with commas, spaces, equals signs and newlines as one value', () => {
    const decoded = decode(`m a=1,text="x=1, y=2 ${T}\nm z=1",b=2 ${T}\nm c=3 ${T}\nm d=`);
    expect(decoded.readings).toEqual([`m/_/a=1@${T}`, `m/_/b=2@${T}`, `m/_/c=3@${T}`]);
    expect(faultsOf(decoded)).toEqual(['undeclared-text /1/text', 'not-a-number /4/d']);
    expect([decoded.lines, decoded.dropped]).toEqual([3, 1]);
  });

  it('percent-encodes what a name may not hold', () => {
    expect(decode('m a\u0001b=1').readings).toEqual([`m/_/a%01b=1@${ARRIVAL}`]);
    expect(decode('m a\u0085b=1').readings).toEqual([`m/_/a%C2%85b=1@${ARRIVAL}`]);
    expect(decode('m cafe\u0301=1').readings).toEqual([`m/_/caf\u00e9=1@${ARRIVAL}`]);
    expect(faultsOf(decode(`m ${'x'.repeat(129)}=1`))[0]).toMatch(/^bad-name/);
  });
});

describe('a fault', () => {
  it('is of whom the finder says the line is of, where it came to be asked', () => {
    const lines = ['a,host=x v=1,w="?"', 'a,host=y refused=1', 'forbidden v=1', 'a', 'a,host=x v=1 never', 'a v=1'];
    const { faults } = decode(lines.join('\n'));
    expect(faults.map(({ pointer, subject }) => [pointer, subject])).toEqual([
      ['/1/w', { device: 'a/x' }],
      ['/2/refused', { device: 'a/y' }],
      ['/3', { domain: 'forbidden' }],
      ['/4', undefined],
      ['/5', { device: 'a/x' }],
    ]);
  });
});

describe('what stands between lines', () => {
  it('passes over comments, empty lines and blanks, and takes every end of line', () => {
    const decoded = decode(
      `\ufeff# a comment\n\n  \t\r\n#m a=0\nm a=1 ${T}\r\n  m b=2 ${T}  \n\tm c=3  ${T}\r\n\r\nm d=4\r\n \nm e=5 `,
    );
    expect(decoded.faults).toEqual([]);
    expect(decoded.readings).toEqual([
      `m/_/a=1@${T}`, `m/_/b=2@${T}`, `m/_/c=3@${T}`, `m/_/d=4@${ARRIVAL}`, `m/_/e=5@${ARRIVAL}`,
    ]); // prettier-ignore
    expect([decoded.lines, decoded.dropped]).toEqual([5, 0]);
  });

  it.each(['', '\n\n', '# only a comment', ' \r\n'])('tells of a message without lines (%j)', (text) => {
    const decoded = decode(text);
    expect(faultsOf(decoded)).toEqual(['nothing-usable ']);
    expect([decoded.lines, decoded.dropped]).toEqual([0, 0]);
  });
});

describe('times', () => {
  it.each<[Precision, string, number]>([
    ['ns', '1790000000123456789', 1790000000123.456],
    ['ns', '1790000000123000000', 1790000000123],
    ['us', '1790000000123456', 1790000000123.456],
    ['ms', '1790000000123', 1790000000123],
    ['s', '1790000000', 1790000000000],
    ['ns', '31536000000000000', 31_536_000_000],
    ['s', '0000001790000000', 1790000000000],
  ])('reads %s %s to the microsecond', (precision, text, time) => {
    const decoded = decode(`m a=1 ${text}`, precision);
    expect(decoded.readings).toEqual([`m/_/a=1@${time}`]);
  });

  it.each<[Precision, string, string, RegExp]>([
    [
      'ns',
      '1790000000123',
      'bad-time',
      /In ms it would be 2026-09-21T14:13:20.123Z: send ns, or, over HTTP, say precision=ms\./,
    ],
    ['ns', '1790000000', 'bad-time', /precision=s/],
    ['ms', '1790000000000000000', 'bad-time', /precision=ns/],
    ['ns', '-1', 'bad-time', /1971/],
    ['s', '-9223372036854775808', 'bad-time', /1971/],
    ['ns', '7258118400000000000', 'bad-time', /2200/],
    ['ns', '99999999999999999999999999', 'bad-time', /no whole number/],
    ['ms', '1790000000.5', 'bad-time', /no whole number/],
    ['ms', '2026-09-21T14:13:20Z', 'bad-time', /no whole number/],
    ['ms', `${T} 1`, 'bad-time', /no whole number/],
    ['ms', String(ARRIVAL + 60_001), 'too-far-ahead', /60 s/],
  ])('refuses %s %s', (precision, text, reason, detail) => {
    const decoded = decode(`m a=1,b="x" ${text}\nm c=1`, precision);
    expect(faultsOf(decoded)).toEqual([`${reason} /1`]);
    expect(decoded.faults[0]!.detail).toMatch(detail);
    expect(decoded.readings).toEqual([`m/_/c=1@${ARRIVAL}`]);
    expect([decoded.lines, decoded.dropped]).toEqual([2, 1]);
  });

  it('takes the bound of the future itself', () => {
    expect(decode(`m a=1 ${ARRIVAL + 60_000}`).faults).toEqual([]);
  });
});

describe('lines that are not line protocol', () => {
  it.each([
    'm', 'm ', 'm,', 'm,a f=1', 'm,a= f=1', 'm,=b f=1', 'm,a=b,a=c f=1', 'm,a=b=c f=1', ',a=b f=1', 'm,a=b', 'm f', 'm f,g=1',
    'm =1', 'm f=1,', 'm f=1,=2', 'm f = 1', 'm f=1, g=2', 'm f="x', 'm f="x"y', 'm f="x" y',
  ])('refuses %s, and goes on with the next', (line) => {
    const decoded = decode(`m before=1\n${line}\nm after=1`);
    const reasons = decoded.faults.map(({ reason }) => reason);
    expect(faultsOf(decoded)).toEqual([expect.stringMatching(/^(malformed-line|bad-time) \/2$/)]);
    expect(reasons).toHaveLength(1);
    expect(decoded.readings).toEqual([`m/_/before=1@${ARRIVAL}`, `m/_/after=1@${ARRIVAL}`]);
    expect([decoded.lines, decoded.dropped]).toEqual([3, 1]);
    expect(decoded.faults[0]!.sample).toBe(line.trimEnd());
  }); // prettier-ignore

  it('does not take the next lines for text where a quote is missing', () => {
    const decoded = decode('m a=1,f="x\nm b=2\nm g="y",c=3\nm d=4\n');
    expect(decoded.readings.map((reading) => reading.split('@')[0])).toEqual(['m/_/b=2', 'm/_/c=3', 'm/_/d=4']);
    expect(faultsOf(decoded)).toEqual(['malformed-line /1', 'undeclared-text /3/g']);
    expect([decoded.lines, decoded.dropped]).toEqual([4, 1]);
  });

  it('refuses only the lines that are not UTF-8', () => {
    const bytes = Buffer.concat([Buffer.from('m a=1\nm,t='), Buffer.from([0xff]), Buffer.from(' b=2\nm c=3')]);
    const decoded = decode(bytes);
    expect(faultsOf(decoded)).toEqual(['malformed-line /2']);
    expect(decoded.readings).toHaveLength(2);
    expect(decode('m,t=\ufffd b=2').faults).toEqual([]);
  });

  it('refuses what the finder refuses, once a line, and what the sink refuses, once a field', () => {
    const decoded = decode('forbidden,x=1 a=1,b="text"\nm refused=1,a=2\nm refused=1\nforbidden,x=1 a=2');
    expect(faultsOf(decoded)).toEqual(['bad-name /1', 'incommensurable-unit /2/refused', 'incommensurable-unit /3/refused', 'bad-name /4']); // prettier-ignore
    expect(decoded.readings).toEqual([`m/_/a=2@${ARRIVAL}`]);
    expect([decoded.lines, decoded.dropped]).toEqual([4, 3]);
    expect(decoded.heads).toHaveLength(2);
  });
});

describe('limits', () => {
  it('cuts a message off before the line that would bring too many readings, and counts all lines', () => {
    const decoded = decode('m a=1,b=2\nm c=3,d=4\n# x\nm e=5\n\nm f=6', 'ms', { maxReadings: 3 });
    expect(faultsOf(decoded)).toEqual(['too-many-readings /2']);
    expect(decoded.readings).toHaveLength(2);
    expect([decoded.lines, decoded.dropped]).toEqual([4, 3]);
  });

  it('bounds the faults likewise, and tells of the cut first', () => {
    const decoded = decode('bad\n'.repeat(50), 'ms', { maxReadings: 10 });
    expect(decoded.faults).toHaveLength(12);
    expect(decoded.faults[0]).toMatchObject({ reason: 'too-many-readings', pointer: '/12' });
    expect([decoded.lines, decoded.dropped]).toEqual([50, 50]);
  });

  it.each([
    ['a head', `${'m'.repeat(200)} a=1`],
    ['many fields', `m ${'a=1,'.repeat(50)}b=1`],
    ['a text', `m a="${'x'.repeat(200)}"`],
    ['blanks', `m a=1${' '.repeat(200)}${T}`],
  ])('refuses a line that is too long for %s', (_, line) => {
    const decoded = decode(`${line}\nm b=1`, 'ms', { maxLineLength: 100 });
    expect(faultsOf(decoded)).toEqual(['too-large /1']);
    expect(decoded.readings).toEqual([`m/_/b=1@${ARRIVAL}`]);
    expect([decoded.lines, decoded.dropped]).toEqual([2, 1]);
  });

  it('reads no further into a line that is too long, but finds its end, also where a text holds newlines', () => {
    let asked = 0;
    const sink = { reading: () => undefined, stateNumber: () => void asked++ };
    const line = `m ${'a="x",'.repeat(1000)}b="\nm c=1\n"\nm d=1`;
    const limits = { maxReadings: 1000, maxLineLength: 60, maxAheadMs: 0 };
    const { faults, lines } = decodeLineProtocol(Buffer.from(line), 'ms', ARRIVAL, limits, () => sink);
    expect(faults.map(({ reason, pointer }) => `${reason} ${pointer}`)).toEqual(['too-large /1']);
    expect(lines).toBe(2);
    expect(asked).toBeLessThan(20);
  });

  it.each(['m a="\\"\n', 'm a="', 'm\\ ', 'm a=1,b="x\n', 'm a=1,b="x"y\n', 'm,t=1 a=1\n', 'm a='])(
    'looks at %j, however often it is repeated, in steps that grow with the length alone',
    (piece) => {
      const [once, twice] = [1000, 2000].map((times) => stepsOf(piece.repeat(times)));
      // A square of the length would be four times as many.
      expect(twice).toBeLessThan(2.5 * once!);
    },
  );
});

describe('lines that only a tag tells apart', () => {
  const cpu = (tags: string, fields: string, time: number | string = T) => `cpu,${tags} ${fields} ${time}`;

  it('keeps the first and rejects the later, saying which tag it is', () => {
    const decoded = decode([cpu('host=a,cpu=cpu0', 'idle=1,user=2'), cpu('host=a,cpu=cpu1', 'idle=3,user=4,nice=5'), cpu('host=a,cpu=cpu2', 'idle=6')].join('\n')); // prettier-ignore
    expect(decoded.readings).toEqual([`cpu/a/idle=1@${T}`, `cpu/a/user=2@${T}`, `cpu/a/nice=5@${T}`]);
    expect(faultsOf(decoded)).toEqual(['ambiguous-tags /2', 'ambiguous-tags /3']);
    expect(decoded.faults[0]!.detail).toMatch(/^"idle", "user" .*line 1.*the tag "cpu"/);
    expect([decoded.lines, decoded.dropped]).toEqual([3, 1]);
  });

  it('finds it out for lines that came long before the second set of tags', () => {
    const lines = [1, 2, 3].map((i) => cpu('host=a,cpu=cpu0', `idle=${i}`, T + i));
    const decoded = decode([...lines, cpu('host=b,cpu=cpu1', 'idle=9', T + 1), cpu('host=a,cpu=cpu1', 'idle=9', T + 2), cpu('host=a,cpu=cpu1', 'idle=9', T + 4)].join('\n')); // prettier-ignore
    expect(faultsOf(decoded)).toEqual(['ambiguous-tags /5']);
    expect(decoded.readings).toHaveLength(5);
  });

  it('takes other times, other devices, other measurements, the same tags in another order, and repeats', () => {
    const decoded = decode(
      [
        cpu('host=a,cpu=0', 'idle=1'),
        cpu('host=a,cpu=1', 'idle=1', T + 1),
        cpu('host=b,cpu=1', 'idle=1'),
        cpu('cpu=0,host=a', 'idle=2'),
        cpu('host=a,cpu=0', 'idle=3'),
        `mem,host=a,cpu=1 idle=1 ${T}`,
      ].join('\n'),
    );
    expect(decoded.faults).toEqual([]);
    expect(decoded.readings).toHaveLength(6);
  });

  it('does not hold a reading against a later line that its sink refused', () => {
    const decoded = decode([cpu('host=a,cpu=0', 'refused=1,x=1'), cpu('host=a,cpu=1', 'refused=1')].join('\n'));
    expect(faultsOf(decoded)).toEqual(['incommensurable-unit /1/refused', 'incommensurable-unit /2/refused']);
  });

  it('minds arrival times as well', () => {
    expect(faultsOf(decode('m,host=a,x=1 v=1\nm,host=a,x=2 v=2'))).toEqual(['ambiguous-tags /2']);
  });
});
