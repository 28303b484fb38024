import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkDom0 } from '../../../server/cli/doctor/dom0-answer.js';
import { missingText } from '../../../server/cli/domain/missing-reason.js';
import { VERBS } from '../../../server/wire/contract.js';

describe('postern domain list', () => {
  it('names both files of a name', () => {
    const note = 'web.cfg and web-old.cfg';
    assert.equal(missingText({ why: 'twice', note }), `several configuration files have its name: ${note}`);
  });
});

describe('postern doctor, of a dom0 half that answers', () => {
  it('says what its host cannot write, which files are not managed, and what to do', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'postern-doctor-'));
    const console = { passesEscape: false, sysrqKeys: [], log: true, screenText: true };
    const contract = { version: 1, host: 'elsinore', verbs: VERBS, profiles: [], console, names: true };
    let answer: string | undefined;
    let troubles: string[] | undefined;
    let unmanaged: { file: string; why: string }[] | undefined;
    const server = createServer((_, response) => {
      response.end(answer ?? JSON.stringify({ ...contract, troubles, unmanaged }));
    });
    const socket = join(directory, 'dom0.sock');
    await new Promise<void>((resolve) => server.listen(socket, resolve));
    try {
      assert.equal((await checkDom0('dom0', socket)).level, 'ok');
      troubles = [
        'The journal cannot be written since 2026-11-21T07:15:02.114Z (ENOSPC): changes are refused.',
      ];
      const { level, finding, mend } = await checkDom0('dom0', socket);
      assert.equal(level, 'fail');
      assert.match(finding, /elsinore answers, but: The journal cannot be written/);
      assert.match(mend ?? '', /make room on the disk/);
      troubles = undefined;
      const why = 'more than one file has the name web: see';
      unmanaged = [
        { file: 'web.cfg', why: `${why} web-old.cfg` },
        { file: 'web-old.cfg', why: `${why} web.cfg` },
      ];
      const files = await checkDom0('dom0', socket);
      assert.equal(files.level, 'warn');
      assert.match(
        files.finding,
        /web\.cfg \(more than one .* web-old\.cfg\), web-old\.cfg \(more than one .* web\.cfg\)/,
      );
      unmanaged = Array.from({ length: 60 }, (_, one) => ({ file: `${one}.cfg`, why: 'it is a pipe' }));
      assert.match((await checkDom0('dom0', socket)).finding, /39\.cfg \(it is a pipe\), and 20 more$/);
      for (const [text, why] of [
        ['<html>', /does not speak version 1: Unexpected token/],
        [JSON.stringify({ ...contract, version: 2 }), /does not speak version 1: .*version/],
        [JSON.stringify({ ...contract, host: 7 }), /does not speak version 1: host is no string/],
      ] as const) {
        answer = text;
        assert.match((await checkDom0('dom0', socket)).finding, why);
      }
    } finally {
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    }
  });
});
