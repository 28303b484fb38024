import { spawnSync } from 'node:child_process';
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
import { filesOf, MACHINE_CODE, programTree } from './program-tree.js';

/** What dpkg runs: deb-postinst(5) and its neighbours. */
const SCRIPTS = ['postinst', 'prerm', 'postrm'];
/** strip(1) for another processor, as Debian's cross compilers have it. */
const STRIP: Readonly<Record<NodeArchitecture, string>> = {
  x64: 'x86_64-linux-gnu-strip',
  arm64: 'aarch64-linux-gnu-strip',
};
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
  /** The processor, as Node.js calls it. */
  readonly node: NodeArchitecture;
}

/**
 * Makes the Debian package, the archive, and their checksums. The same source and the same tools make the same bytes, in
 * every directory. For another processor than this one a cross compiler makes the machine code.
 *
 * @returns the paths of the three files
 * @throws Error that says what is missing
 */
export async function makePackages(packaging: Packaging): Promise<readonly string[]> {
  const { into, version, node } = packaging;
  const architecture = ARCHITECTURES[node];
  return makeInto(into, async (work) => {
    const deb = join(work, `postern_${version}_${architecture}.deb`);
    const tar = join(work, `postern-${version}-linux-${architecture}.tar.gz`);
    const program = join(work, `postern-${version}`);
    const machine = machineCode(packaging, join(work, 'native'));
    const tree = await writeProgram(packaging, machine, program);
    const copyright = copyrightText(packaging.root, node, machine.native);
    await writeDebian(packaging, tree, copyright, work);
    packDeb(join(work, 'debian'), deb, packaging.seconds);
    // The archive has the pages beside the program. The package has them where Debian has pages.
    await pages(packaging.root, copyright).writeTo(program, packaging.seconds);
    packTar(program, tar, packaging.seconds);
    return [deb, tar];
  });
}

/** Where machine code for a processor comes from. */
interface MachineCode {
  /** The work tree, or a directory with the same paths for another processor. */
  readonly native: string;
  /** strip(1) for it. */
  readonly strip: string;
}

function machineCode({ root, node }: Packaging, directory: string): MachineCode {
  if (node === process.arch) return { native: root, strip: 'strip' };
  const words = [join(root, 'server/package/cross-build.sh'), node, directory];
  const { status, stderr } = spawnSync('sh', words, { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the machine code for ${node} was not made: ${stderr.trim()}`);
  return { native: directory, strip: STRIP[node] };
}

/**
 * Writes the program, and takes out of its machine code what differs from build to build.
 *
 * @returns the tree of what was written
 */
async function writeProgram(
  { root, seconds, node }: Packaging,
  { native, strip }: MachineCode,
  directory: string,
): Promise<FileTree> {
  const parts = JSON.parse(readFileSync(PROGRAM_PARTS, 'utf8')) as ProgramParts;
  const built = programTree(root, Object.keys(parts), node, native);
  await built.writeTo(directory, seconds);
  const written = new FileTree();
  for (const [path, { mode = 0o644 }] of built.entries) {
    const file = join(directory, path);
    if (MACHINE_CODE.test(path) || path.endsWith('/bin/node')) prepareMachineCode(file, strip);
    written.copy(path, file, mode);
  }
  return written;
}

/** Writes the package's files, and what dpkg reads of it, into `debian` of a directory, for dpkg-deb(1). */
async function writeDebian(
  { root, version, seconds, node }: Packaging,
  program: FileTree,
  copyright: string,
  work: string,
): Promise<void> {
  const changelog = debianChangelog(readFileSync(join(root, 'CHANGELOG.md'), 'utf8'), version, MAINTAINER);
  const directory = join(work, 'debian');
  const made = { ...makeTexts(root, join(work, 'manual')), changelog, copyright };
  await debianTree(root, version, program, made).writeTo(directory, seconds);
  const files = filesOf(directory, '.').map((path) => ({
    path,
    content: readFileSync(join(directory, path)),
  }));
  const size = files.reduce((sum, { content }) => sum + content.length, 0);
  const control = new FileTree();
  control.text(
    'control',
    controlText({ version, architecture: ARCHITECTURES[node], maintainer: MAINTAINER, size }),
  );
  control.text('md5sums', files.map(({ path, content }) => `${md5(content)}  ${path}\n`).join(''));
  for (const name of SCRIPTS) control.copy(name, join(root, 'config/debian', name), 0o755);
  await control.writeTo(join(directory, 'DEBIAN'), seconds);
}

function pages(root: string, copyright: string): FileTree {
  const tree = new FileTree();
  tree.text('COPYRIGHT', copyright);
  for (const path of ['README.md', 'SECURITY.md', 'CHANGELOG.md', 'docs', 'config/examples'])
    for (const file of filesOf(root, path)) tree.copy(file, join(root, file));
  return tree;
}

/** For `dpkg --verify`, which knows no other sum. */
function md5(content: Buffer): string {
  return createHash('md5').update(content).digest('hex');
}
