#!/usr/bin/env node
// The `seawall` command. Syntax that old Nodes can read, so that they get a sentence instead of a stack trace.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Seawall needs Node 20.19 or newer; this is Node ${process.versions.node}. See https://nodejs.org.`);
  process.exit(1);
}
// Each query and each write of the store holds one of these threads while the engine works; Node's own default is 4.
process.env.UV_THREADPOOL_SIZE ??= '8';
try {
  const { entryPoint } = await import('./entry-point.mjs');
  const { bundled, url } = entryPoint();
  // A stack trace shall name the sources.
  if (bundled) process.setSourceMapsEnabled(true);
  const { main } = await import(url);
  await main(process.argv);
} catch (error) {
  if (error?.code !== 'ERR_MODULE_NOT_FOUND') throw error;
  console.error(`Seawall is not built yet (${error.message}). Run "npm run setup" in the clone first.`);
  process.exit(1);
}
