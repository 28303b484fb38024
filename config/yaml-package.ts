import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type * as Yaml from 'yaml';

const require = createRequire(import.meta.url);

/** The package `yaml`: in one file when the build packed this version, otherwise in its own seventy. */
export const yaml = require(packedFile() ?? 'yaml') as typeof Yaml;

/** Its name has the version, so a package that was changed since the build is not taken for this one. */
function fileOf(version: string): string {
  return fileURLToPath(new URL(`../.packages/yaml-${version}.cjs`, import.meta.url));
}

function installedVersion(): string {
  return (require('yaml/package.json') as { version: string }).version;
}

function packedFile(): string | undefined {
  const file = fileOf(installedVersion());
  return existsSync(file) ? file : undefined;
}

/**
 * Packs the package into one file, as a part of `npm run build`. Every start of Postern reads settings, and one
 * file loads in a quarter of the time.
 *
 * @returns the packed file
 */
export function packYaml(): string {
  const entry = require.resolve('yaml');
  const root = dirname(entry);
  const modules = new Map<string, string>();
  const take = (file: string): string => {
    const name = relative(root, file);
    if (modules.has(name)) return name;
    // Keeps a circle of modules from being taken for ever.
    modules.set(name, '');
    const code = readFileSync(file, 'utf8').replace(/\brequire\('(\.[^']+)'\)/g, (_, path: string) => {
      return `packed(${JSON.stringify(take(join(dirname(file), path)))})`;
    });
    modules.set(name, code);
    return name;
  };
  const first = take(entry);
  const packed = fileOf(installedVersion());
  mkdirSync(dirname(packed), { recursive: true });
  // In one step: another process may start meanwhile.
  const aside = `${packed}.${process.pid}`;
  writeFileSync(aside, packedCode(modules, first));
  renameSync(aside, packed);
  return packed;
}

/** The modules as functions, and what runs each of them once, when it is first required. */
function packedCode(modules: ReadonlyMap<string, string>, first: string): string {
  const code = [...modules].map(
    ([name, text]) => `${JSON.stringify(name)}(module, exports) {\n${text}\n},\n`,
  );
  return `const sources = {
${code.join('')}};
const loaded = new Map();
function packed(name) {
  const known = loaded.get(name);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  loaded.set(name, module);
  sources[name](module, module.exports);
  return module.exports;
}
module.exports = packed(${JSON.stringify(first)});
`;
}
