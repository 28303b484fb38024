import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROGRAM_PARTS } from '../program-bundles.js';
import type { ProgramParts } from '../program-bundles.js';
import { packDeb, packTar } from './archives.js';
import { controlText } from './control-fields.js';
import { copyrightText } from './copyright-text.js';
import { debianChangelog } from './debian-changelog.js';
import { debianTree } from './debian-tree.js';
import { FileTree } from './file-tree.js';
import { prepareMachineCode } from './machine-code.js';
import { makeTexts } from './made-texts.js';
import { ARCHITECTURES } from './node-packages.js';
import type { NodeArchitecture } from './node-packages.js';
import { makeInto } from './output-directory.js';
import { filesOf, programTree } from './program-tree.js';

/** What dpkg runs: deb-postinst(5) and its neighbours. */
const SCRIPTS = ['postinst', 'prerm', 'postrm'];
const MAINTAINER = 'Postern maintainers <security@example.net>';

/** One run of `npm run package`. */
export interface Packaging {
  /** The work tree, installed and built. */
  readonly root: string;
  /** The directory for what is made. */
  readonly into: string;
  readonly version: string;
  /** The time of all files, since 1970: SOURCE_DATE_EPOCH. */
  readonly seconds: number;
}

/**
 * Makes the Debian package, the archive, and their checksums, for the processor that this runs on. The same source and
 * the same tools make the same bytes, in every directory.
 *
 * @returns the paths of the three files
 * @throws Error that says what is missing
 */
export async function makePackages(packaging: Packaging): Promise<readonly string[]> {
  const { root, into, version } = packaging;
  const node = process.arch as NodeArchitecture;
  const architecture = ARCHITECTURES[node] as string | undefined;
  if (architecture === undefined) throw new Error(`there are no packages for ${process.arch}`);
  return makeInto(into, async (work) => {
    const deb = join(work, `postern_${version}_${architecture}.deb`);
    const tar = join(work, `postern-${version}-linux-${architecture}.tar.gz`);
    const program = join(work, `postern-${version}`);
    const tree = await writeProgram(packaging, node, program);
    await writeDebian(packaging, tree, architecture, work);
    packDeb(join(work, 'debian'), deb, packaging.seconds);
    // The archive has the pages beside the program. The package has them where Debian has pages.
    await pages(root).writeTo(program, packaging.seconds);
    packTar(program, tar, packaging.seconds);
    return [deb, tar];
  });
}

/**
 * Writes the program, and takes out of its machine code what differs from build to build.
 *
 * @returns the tree of what was written
 */
async function writeProgram(
  { root, seconds }: Packaging,
  node: NodeArchitecture,
  directory: string,
): Promise<FileTree> {
  const parts = JSON.parse(readFileSync(PROGRAM_PARTS, 'utf8')) as ProgramParts;
  const built = programTree(root, Object.keys(parts), node);
  await built.writeTo(directory, seconds);
  const written = new FileTree();
  for (const [path, { mode = 0o644 }] of built.entries) {
    const file = join(directory, path);
    if (/\.node$|\/bin\/node$/.test(path)) prepareMachineCode(file);
    written.copy(path, file, mode);
  }
  return written;
}

/** Writes the package's files, and what dpkg reads of it, into `debian` of a directory, for dpkg-deb(1). */
async function writeDebian(
  { root, version, seconds }: Packaging,
  program: FileTree,
  architecture: string,
  work: string,
): Promise<void> {
  const changelog = debianChangelog(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version, MAINTAINER);
  const directory = join(work, 'debian');
  const made = { ...makeTexts(root, join(work, 'manual')), changelog };
  await debianTree(root, version, program, made).writeTo(directory, seconds);
  const files = filesOf(directory, '.').map((path) => ({
    path,
    content: readFileSync(join(directory, path)),
  }));
  const size = files.reduce((sum, { content }) => sum + content.length, 0);
  const control = new FileTree();
  control.text('control', controlText({ version, architecture, maintainer: MAINTAINER, size }));
  control.text('md5sums', files.map(({ path, content }) => `${md5(content)}  ${path}\n`).join(''));
  for (const name of SCRIPTS) control.copy(name, join(root, 'config/debian', name), 0o755);
  await control.writeTo(join(directory, 'DEBIAN'), seconds);
}

function pages(root: string): FileTree {
  const tree = new FileTree();
  tree.text('COPYRIGHT', copyrightText(root));
  for (const path of ['README.md', 'SECURITY.md', 'CHANGELOG.md', 'docs', 'config/examples'])
    for (const file of filesOf(root, path)) tree.copy(file, join(root, file));
  return tree;
}

/** For `dpkg --verify`, which knows no other sum. */
function md5(content: Buffer): string {
  return createHash('md5').update(content).digest('hex');
}
