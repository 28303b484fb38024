import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { PACKAGED_COMMAND, PACKAGED_PLACE, USUAL_PLACE } from '../cli/installation/place.js';
import { FileTree } from './file-tree.js';
import { filesOf } from './program-tree.js';

/** Made by the program itself: see `postern man` and `postern completion`. */
export interface MadeTexts {
  /** Manual pages by their paths: `man1/postern.1`. */
  readonly manual: ReadonlyMap<string, string>;
  readonly completion: Readonly<Record<'bash' | 'zsh' | 'fish', string>>;
  /** In the format of deb-changelog(5). */
  readonly changelog: string;
  readonly copyright: string;
}

const DOC = 'usr/share/doc/postern';

/** What systemd reads, and where Debian's packages have it. */
const SYSTEMD: Readonly<Record<string, string>> = {
  'postern-dom0.service': 'usr/lib/systemd/system/postern-dom0.service',
  'postern-gate.service': 'usr/lib/systemd/system/postern-gate.service',
  'postern-gate.socket': 'usr/lib/systemd/system/postern-gate.socket',
  'postern-host@.service': 'usr/lib/systemd/system/postern-host@.service',
  'postern.sysusers.conf': 'usr/lib/sysusers.d/postern.conf',
  'postern.tmpfiles.conf': 'usr/lib/tmpfiles.d/postern.conf',
};

/**
 * The files of the Debian package. The program is in a directory of its version, and everything else names only the
 * link to it. Nothing is below /etc: `postern setup` writes the settings, so dpkg never asks about one.
 *
 * @param program the program's own tree
 */
export function debianTree(root: string, version: string, program: FileTree, made: MadeTexts): FileTree {
  const tree = new FileTree();
  const place = join(PACKAGED_PLACE, version).slice(1);
  tree.graft(place, program);
  // The launcher follows it to the directory of the version.
  tree.link(PACKAGED_COMMAND.slice(1), `../lib/postern/${version}/server/postern`);
  tree.copy('usr/share/postern/policy.schema.json', join(root, 'policy/policy.schema.json'));
  for (const [name, path] of Object.entries(SYSTEMD)) tree.text(path, systemdText(root, name));
  addDocuments(tree, root, made);
  for (const [path, page] of made.manual) tree.text(`usr/share/man/${path}.gz`, packed(page));
  tree.text('usr/share/bash-completion/completions/postern', made.completion.bash);
  tree.text('usr/share/zsh/vendor-completions/_postern', made.completion.zsh);
  tree.text('usr/share/fish/vendor_completions.d/postern.fish', made.completion.fish);
  tree.copy('usr/share/lintian/overrides/postern', join(root, 'config/debian/lintian-overrides'));
  return tree;
}

/** A unit as it is shipped, with the command of the package. */
export function systemdText(root: string, name: string): string {
  return readFileSync(join(root, 'config/systemd', name), 'utf8').replaceAll(
    `${USUAL_PLACE}/server/postern`,
    PACKAGED_COMMAND,
  );
}

function addDocuments(tree: FileTree, root: string, { changelog, copyright }: MadeTexts): void {
  tree.text(`${DOC}/copyright`, copyright);
  tree.text(`${DOC}/changelog.gz`, packed(changelog));
  tree.text(`${DOC}/CHANGELOG.md.gz`, packed(readFileSync(join(root, 'CHANGELOG.md'), 'utf8')));
  for (const name of ['README.md', 'SECURITY.md']) tree.copy(`${DOC}/${name}`, join(root, name));
  tree.copy(`${DOC}/examples/Containerfile`, join(root, 'config/container/Containerfile'));
  // Messages of the program name these pages as `docs/PAGE`.
  for (const path of ['docs', 'config/examples', 'policy/examples'])
    for (const file of filesOf(root, path))
      tree.copy(join(DOC, file.replace(/^(config|policy)\//, '')), join(root, file));
}

/** As `gzip -9n`: without a name and a time. */
function packed(text: string): Buffer {
  return gzipSync(text, { level: 9 });
}
