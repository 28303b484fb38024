import { keepCompiled, useCompileCache } from './compile-cache.js';

// Run by `npm run build`: the first start after an installation is then as fast as the others.
useCompileCache();
await Promise.all([import('./cli/run-gate.js'), import('./cli/run-dom0.js'), import('./cli/commands.js')]);
keepCompiled();
