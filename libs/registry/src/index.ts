export * from './data-directory-lock.ts';
export { RegistryTooNewError } from './migrate.ts';
export * from './open-registry.ts';
