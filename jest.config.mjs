/** One configuration for the whole workspace; `npx jest libs/windows` runs a part of it. */
export default {
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/devices-sim', '<rootDir>/test', '<rootDir>/tools'],
  testMatch: ['**/*.test.ts', '**/*.test.mjs'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  modulePathIgnorePatterns: ['/dist/'],
  testEnvironment: 'node',
  testEnvironmentOptions: { customExportConditions: ['@seawall/source', 'node', 'node-addons'] },
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$|/csv-parse/lib/.+\\.js$|/fastify/lib/plugin-utils\\.js$': [
      '<rootDir>/tools/jest-transform.mjs',
      {
        jsc: {
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
          target: 'es2023',
        },
        module: { type: 'es6' },
      },
    ],
  },
  // The reader of recordings looks at a global for each byte, and Fastify at all modules for each plugin.
  transformIgnorePatterns: ['/node_modules/(?!csv-parse/|fastify/lib/plugin-utils\\.js$)'],
  // As tools/jest-transform.mjs does it for our modules, for libraries that are CommonJS; some declare other names.
  sandboxInjectedGlobals: ['Array', 'Math', 'Object'],
  testTimeout: 20_000,
  // One more than the cores that are asked for: tests of real processes wait for a third of their time.
  maxWorkers: 3,
};
