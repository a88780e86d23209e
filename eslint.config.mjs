import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Who may import whom: model ← ports ← pure stages and adapters ← apps. */
const layers = [
  { sourceTag: 'layer:model', onlyDependOnLibsWithTags: ['layer:model'] },
  { sourceTag: 'layer:ports', onlyDependOnLibsWithTags: ['layer:model', 'layer:ports'] },
  { sourceTag: 'layer:stage', onlyDependOnLibsWithTags: ['layer:model', 'layer:ports', 'layer:stage'] },
  { sourceTag: 'layer:adapter', onlyDependOnLibsWithTags: ['layer:model', 'layer:ports', 'layer:stage'] },
  {
    sourceTag: 'layer:app',
    onlyDependOnLibsWithTags: ['layer:model', 'layer:ports', 'layer:stage', 'layer:adapter', 'layer:app'],
  },
];

/** Each engine appears in its own adapter and nowhere else. */
const engines = [
  { packages: ['aedes', 'aedes-persistence'], home: 'libs/gateway' },
  { packages: ['@nestjs/*', 'fastify'], home: 'libs/api' },
  { packages: ['@duckdb/*'], home: 'libs/store/duckdb' },
  { packages: ['@influxdata/*'], home: 'libs/store/influx' },
  { packages: ['lmdb'], home: 'libs/journal/lmdb' },
  { packages: ['lmdb'], home: 'libs/session/lmdb' },
  { packages: ['libsql', 'kysely'], home: 'libs/registry' },
];

function refuseEngines(home) {
  const own = engines.filter((engine) => engine.home === home).flatMap((engine) => engine.packages);
  const all = new Set(engines.flatMap((engine) => engine.packages));
  const foreign = [...all].filter((name) => !own.includes(name));
  return {
    files: [`${home}/**/*.ts`],
    ignores: ['**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ group: foreign, message: 'An engine appears in its own adapter only.' }] },
      ],
    },
  };
}

/**
 * A run over everything makes one program of all that is Node's, in which each type is computed once; for a few files, as in
 * an editor, the service loads only the package they are of.
 */
const types =
  process.env.SEAWALL_LINT_ALL === '1'
    ? { project: ['tsconfig.lint.json', 'apps/console/tsconfig.json'] }
    : { projectService: true };

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '**/data/**'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { ...types, tsconfigRootDir: import.meta.dirname } },
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        { enforceBuildableLibDependency: false, allow: [], depConstraints: layers },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
    },
  },
  refuseEngines('{libs,apps,devices-sim}'),
  ...[...new Set(engines.map((engine) => engine.home))].map(refuseEngines),
  {
    // The wall clock has no place in a pure stage: time comes from the data.
    files: ['libs/{model,calendar,codecs,windows,alerts,query}/src/**/*.ts', 'libs/journal/format/src/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: {
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'performance'],
      'no-restricted-properties': ['error', { object: 'Date', property: 'now', message: 'Time is a parameter here.' }],
    },
  },
  prettier,
);
