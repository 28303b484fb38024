import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VERSION } from '../../server/cli/command/version.js';
import { controlText } from '../../server/package/control-fields.js';
import { debianTree, systemdText } from '../../server/package/debian-tree.js';
import { FileTree } from '../../server/package/file-tree.js';

const ROOT = join(import.meta.dirname, '../../..');
const MADE = {
  manual: new Map([['man1/postern.1', '.TH POSTERN 1\n']]),
  completion: { bash: 'b', zsh: 'z', fish: 'f' },
  changelog: 'postern (1.2.3) stable; urgency=medium\n',
  copyright: 'ours\n',
};

describe('the Debian package', () => {
  const program = new FileTree();
  program.text('server/postern', '#!/bin/sh\n', 0o755);
  const tree = debianTree(ROOT, '1.2.3', program, MADE);

  it('has the program in a directory of its version, and the command as a link to it', () => {
    assert.equal(tree.entries.get('usr/lib/postern/1.2.3/server/postern')?.mode, 0o755);
    const link = tree.entries.get('usr/sbin/postern');
    assert.deepEqual(link, { kind: 'link', target: '../lib/postern/1.2.3/server/postern' });
  });

  it('has units, user, directory, manual pages and completion where Debian 12 and 13 look for them', () => {
    for (const path of [
      'usr/lib/systemd/system/postern-dom0.service',
      'usr/lib/systemd/system/postern-gate.service',
      'usr/lib/systemd/system/postern-gate.socket',
      'usr/lib/systemd/system/postern-host@.service',
      'usr/lib/sysusers.d/postern.conf',
      'usr/lib/tmpfiles.d/postern.conf',
      'usr/share/man/man1/postern.1.gz',
      'usr/share/bash-completion/completions/postern',
      'usr/share/zsh/vendor-completions/_postern',
      'usr/share/fish/vendor_completions.d/postern.fish',
      'usr/share/doc/postern/copyright',
      'usr/share/doc/postern/changelog.gz',
      'usr/share/doc/postern/docs/install-dom0.md',
      'usr/share/doc/postern/examples/small/gate.yaml',
    ])
      assert.equal(tree.entries.get(path)?.mode, 0o644, path);
  });

  it('has nothing below /etc, /var, /opt and /usr/local: those are the admin’s', () => {
    const tops = new Set([...tree.entries.keys()].map((path) => path.split('/').slice(0, 2).join('/')));
    assert.deepEqual([...tops].sort(), ['usr/lib', 'usr/sbin', 'usr/share']);
  });

  it('is named by the pages as it is made', () => {
    for (const page of ['README.md', 'docs/install-dom0.md', 'docs/day-one.md', 'docs/package.md'])
      assert.ok(
        readFileSync(join(ROOT, page), 'utf8').includes(`apt install ./postern_${VERSION}_amd64.deb`),
        page,
      );
  });

  it('has units that start the command of the package, of whatever version it is', () => {
    for (const half of ['gate', 'dom0']) {
      const text = systemdText(ROOT, `postern-${half}.service`);
      assert.match(text, new RegExp(`^ExecStart=/usr/sbin/postern ${half} --settings `, 'm'));
      assert.doesNotMatch(text, /\/opt\/postern/);
      assert.match(text, /^WantedBy=multi-user\.target$/m, 'as setup links it');
    }
  });

  it('says what it needs and what it is, in the form that dpkg reads', () => {
    const text = controlText({
      version: '1.2.3',
      architecture: 'amd64',
      maintainer: 'A <a@example.net>',
      size: 1025,
    });
    assert.match(text, /^Package: postern\nVersion: 1\.2\.3\nArchitecture: amd64\n/);
    assert.match(text, /^Installed-Size: 2$/m);
    assert.match(text, /^Depends: libc6 \(>= 2\.36\), .*systemd-sysusers/m);
    // Every line is a field, or goes on with one.
    for (const line of text.trimEnd().split('\n')) assert.match(line, /^(?:[A-Z][A-Za-z-]*: \S| \S)/);
  });
});
