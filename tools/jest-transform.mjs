import swc from '@swc/jest';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NAMES = [
  ...['Array', 'BigInt', 'Error', 'Infinity', 'JSON', 'Map', 'Math', 'NaN', 'Number', 'Object', 'Set', 'String'],
  ...['Symbol', 'Buffer', 'DataView', 'BigInt64Array', 'Float64Array', 'Int32Array', 'Uint32Array', 'Uint8Array'],
];

/**
 * Gives a module names of its own for the globals it uses. In the sandbox in which Jest runs files each look at a global is
 * a call out of V8's optimised code, which costs a stage more than all else it does; a module's own names cost nothing.
 * @param code a module (ESM) @returns the same, line by line
 */
export function withOwnNames(code) {
  const names = NAMES.filter((name) => new RegExp(`\\b${name}\\b`).test(code) && !declares(code, name));
  return names.length === 0 ? code : `const { ${names.join(', ')} } = globalThis; ${code}`;
}

/**
 * Fastify looks for the name of a plugin among all modules that are loaded, which it needs for messages only. Jest resolves each
 * anew for such a look, which took nearly half of the time of every test that starts the API.
 * @param code Fastify's lib/plugin-utils.js @returns the same without that look
 */
export function withoutLookAtModules(code) {
  return code.replace('const cache = require.cache', 'const cache = undefined');
}

function declares(code, name) {
  const imported = `\\bimport\\b[^;'"]*\\b${name}\\b[^;'"]*\\bfrom\\b`;
  return new RegExp(`\\b(?:const|let|var|class|function) ${name}\\b|${imported}`).test(code);
}

const version = createHash('sha256')
  .update(readFileSync(fileURLToPath(import.meta.url)))
  .digest('hex');

/** SWC's transformer for TypeScript, and then that; for a library's modules (ESM) that alone. */
export default {
  createTransformer(options) {
    const swcs = swc.createTransformer(options);
    const { processAsync, getCacheKey, canInstrument } = swcs;
    const after = ({ code, ...rest }) => ({ ...rest, code: withOwnNames(code) });
    const ofLibrary = (code, path) =>
      path.endsWith('plugin-utils.js') ? { code: withoutLookAtModules(code) } : after({ code });
    const isOurs = (path) => path.endsWith('.ts');
    return {
      canInstrument,
      process: (code, path, ...rest) =>
        isOurs(path) ? after(swcs.process(code, path, ...rest)) : ofLibrary(code, path),
      processAsync: async (code, path, ...rest) =>
        isOurs(path) ? after(await processAsync(code, path, ...rest)) : ofLibrary(code, path),
      getCacheKey: (...args) => `${getCacheKey(...args)}${version}`,
    };
  },
};
