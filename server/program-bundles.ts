import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, context } from 'esbuild';
import type { BuildOptions, Metafile, Plugin } from 'esbuild';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const DIST = join(ROOT, 'dist');
const LICENSES = join(DIST, 'server/licenses.txt');

/** It says that a Node.js is too old, so it uses nothing that an old one lacks. */
const FIRST = 'server/postern.ts';

/** The sources of the programs, each of which becomes one file of modules in the place of its own. */
const SINGLE = [
  FIRST,
  'server/cli/gate-program.ts',
  'server/cli/dom0-program.ts',
  'server/dom0/screens/screen-worker.ts',
  'server/dom0/images/image-worker.ts',
  'server/simulator/tools-process.ts',
  'server/simulator/domain-process.ts',
];

/** It loads only what the named command needs. As one file it would take twice as long to start. */
const SPLIT = 'server/cli/command-program.ts';
/** Below dist/, and as deep as the program: see {@link placesFrom}. */
const CHUNKS = 'chunks/cli';

/**
 * Packages that stay outside: native ones, ssh2, whose own files the gate looks at (whole-signature.ts), and
 * blessed, which reads files of its own.
 */
const OUTSIDE = ['better-sqlite3', 'node-pty', 'ssh2', 'blessed'];

/** The first line of each file. */
const REQUIRE =
  "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);";

/** What a program was made of, by the program's path below dist/: sources, and packages that it loads. */
export type ProgramParts = Readonly<
  Record<string, { readonly sources: readonly string[]; readonly outside: readonly string[] }>
>;

/** Where {@link bundlePrograms} leaves the parts, for the tests of what each half is made of. */
export const PROGRAM_PARTS = join(DIST, '.programs.json');

/**
 * Makes each program that users start one file of modules, in the place of what the compiler made of its first
 * module. Hundreds of files take three times as long to load, and a process that runs while Postern is upgraded
 * must never load a file later. Nothing is shortened.
 *
 * @returns the URLs of those that do nothing while they are loaded
 */
export async function bundlePrograms(): Promise<readonly string[]> {
  const made = await Promise.all(programs().map(async (options) => build(options)));
  const parts: Record<string, ProgramParts[string]> = {};
  for (const { metafile } of made) Object.assign(parts, partsOf(metafile));
  await writeFile(PROGRAM_PARTS, `${JSON.stringify(parts, null, 1)}\n`);
  await removeOldChunks(parts);
  await keepLicenses(Object.values(parts).flatMap(({ sources }) => sources));
  return Object.keys(parts)
    .filter((file) => file.endsWith('-program.js') || file.startsWith(CHUNKS))
    .map((file) => pathToFileURL(join(DIST, file)).href);
}

/** As {@link bundlePrograms}, again after each change of a source, until the process ends. */
export async function watchPrograms(): Promise<void> {
  for (const options of programs()) await (await context(options)).watch();
}

function programs(): (BuildOptions & { metafile: true })[] {
  const common = {
    absWorkingDir: ROOT,
    outdir: DIST,
    outbase: ROOT,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node22',
    external: OUTSIDE,
    // For packages that are not ES modules.
    banner: { js: REQUIRE },
    write: false,
    legalComments: 'eof',
    // Beside the program, and read only by a debugger.
    sourcemap: 'linked',
    metafile: true,
    logLevel: 'warning',
  } as const satisfies BuildOptions;
  return [
    ...SINGLE.map((source) => ({
      ...common,
      entryPoints: [source],
      plugins: [
        otherPrograms(),
        placesFrom(source),
        writes(source === FIRST ? 'require' : 'getBuiltinModule'),
      ],
    })),
    {
      ...common,
      entryPoints: [SPLIT],
      splitting: true,
      chunkNames: `${CHUNKS}/[name]-[hash]`,
      plugins: [placesFrom(SPLIT), writes('getBuiltinModule')],
    },
  ];
}

/** A program that a program imports stays a file of its own. */
function otherPrograms(): Plugin {
  return {
    name: 'other programs',
    setup(building) {
      building.onResolve({ filter: /-program\.js$/ }, ({ path, kind }) =>
        kind === 'dynamic-import' ? { path, external: true } : null,
      );
    },
  };
}

/**
 * Makes `import.meta.url` of a module what it is without a bundle: the place of the compiler's file. It goes by
 * way of dist/, which is as far from all files of the program.
 */
function placesFrom(program: string): Plugin {
  const up = '../'.repeat(program.split('/').length - 1);
  return {
    name: 'places',
    setup(building) {
      building.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
        const text = await readFile(path, 'utf8');
        const file = relative(ROOT, path).replace(/\.ts$/, '.js');
        const place = `new URL(${JSON.stringify(`${up}${file}`)}, import.meta.url).href`;
        return { loader: 'ts', contents: text.replaceAll('import.meta.url', place) };
      });
    },
  };
}

/** Writes the files. @param by how they take Node.js's own modules: see {@link takeBuiltins} */
function writes(by: TakenBy): Plugin {
  return {
    name: 'writes',
    setup(building) {
      building.onEnd(async ({ outputFiles = [] }) => {
        await Promise.all(
          outputFiles.map(async ({ path, text }) => {
            await mkdir(dirname(path), { recursive: true });
            await writeFile(path, path.endsWith('.js') ? takeBuiltins(text, by) : text);
          }),
        );
      });
    },
  };
}

const BUILTIN_IMPORT = /^import (?:([\w$]+)|\* as ([\w$]+)|\{([^}]*)\}) from "(node:[\w/]+)";$/gm;

/** `process.getBuiltinModule`, or `require` where Node.js may be too old for it. */
type TakenBy = 'getBuiltinModule' | 'require';

/**
 * Takes Node.js's own modules by a call in the first line instead of by `import`. An import reads every export of
 * theirs, and some load much that nobody needs: the clients of `node:http`, the web's cryptography, the streams of
 * `node:fs`. That took a third of a command's start. No other line moves.
 */
export function takeBuiltins(text: string, by: TakenBy): string {
  const call = by === 'require' ? by : 'process.getBuiltinModule';
  let taken = '';
  const rest = text.replace(
    BUILTIN_IMPORT,
    (all, one: string | undefined, star: string | undefined, names = '', module = '') => {
      const wanted = one ?? star ?? `{${String(names).replace(/ as /g, ': ').replace(/\s+/g, ' ')}}`;
      taken += ` const ${wanted} = ${call}('${String(module)}');`;
      return all.replace(/[^\n]/g, '');
    },
  );
  const require =
    by === 'require'
      ? REQUIRE
      : "const require = process.getBuiltinModule('node:module').createRequire(import.meta.url);";
  return rest.replace(REQUIRE, () => require + taken);
}

function partsOf({ outputs }: Metafile): ProgramParts {
  return Object.fromEntries(
    Object.entries(outputs)
      .filter(([file]) => file.endsWith('.js'))
      .map(([file, { inputs, imports }]) => [
        relative('dist', file),
        {
          sources: Object.keys(inputs).sort(),
          outside: [...new Set(imports.map(({ path }) => path))].sort(),
        },
      ]),
  );
}

/** Chunks have the hash of their text in their names. A build beside this one has the same. */
async function removeOldChunks(parts: ProgramParts): Promise<void> {
  const files = await readdir(join(DIST, CHUNKS));
  const old = files.filter((file) => !Object.hasOwn(parts, `${CHUNKS}/${file.replace(/\.map$/, '')}`));
  await Promise.all(old.map(async (file) => rm(join(DIST, CHUNKS, file), { force: true })));
}

/** The licenses of the packages in the programs, for anybody who passes on the build without node_modules. */
async function keepLicenses(sources: readonly string[]): Promise<void> {
  const packages = new Set(
    sources.flatMap((source) => /^node_modules\/(?:@[^/]+\/)?[^/]+/.exec(source)?.[0] ?? []),
  );
  const texts = await Promise.all(
    [...packages].sort().map(async (directory) => {
      const file = (await readdir(join(ROOT, directory))).find((name) => /^licen[cs]e/i.test(name));
      // Without a file of its own it has its license in package.json, and in comments that stay in the program.
      const text = await readFile(join(ROOT, directory, file ?? 'package.json'), 'utf8');
      return `${directory.replace('node_modules/', '')}\n\n${text.trim()}\n`;
    }),
  );
  await writeFile(LICENSES, texts.join(`\n${'-'.repeat(72)}\n\n`));
}
