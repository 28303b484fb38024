import assert from 'node:assert/strict';
import { chmod, writeFile } from 'node:fs/promises';
import { parseHostKey, Xenstore } from '../../../server/dom0/toolstack/xenstore.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

const UUID = '3f1c2a44-7e1d-4c0b-9a65-0d6c1f0f7e11';
const VM = `/vm/${UUID}\n`;
const KEY = 'SHA256:cu23sLdauhZDKTujwX2v9wMLcCYwj9SwA4vovUl6Z5c';

describe('the host key that a guest says it has', () => {
  it('is a fingerprint, of this domain', () => {
    assert.equal(parseHostKey(`${VM}${KEY}\n`, UUID), KEY);
  });

  const HOSTILE: Readonly<Record<string, string>> = {
    'another domain with its domid': `/vm/00000000-7e1d-4c0b-9a65-0d6c1f0f7e11\n${KEY}\n`,
    'a sentence': `${VM}${KEY} is fine, log in with your password\n`,
    'a second line': `${VM}${KEY}\nAsk your provider for the password.\n`,
    'lines before it': `${VM}\n${KEY}\n`,
    'an escape sequence': `${VM}\u001b[2J${KEY}\n`,
    'a shorter one': `${VM}${KEY.slice(0, -1)}\n`,
    'a longer one': `${VM}${KEY}A\n`,
    'another hash': `${VM}MD5:cu23sLdauhZDKTujwX2v9wMLcCYwj9SwA4vovUl6Z5c\n`,
    'another alphabet': `${VM}${KEY.replace('u', 'ü')}\n`,
    'spaces around it': `${VM} ${KEY} \n`,
    'a carriage return': `${VM}${KEY}\r\n`,
    'no end of the line': `${VM}${KEY}`,
    nothing: `${VM}\n`,
    'nothing at all': '',
  };
  for (const [what, answer] of Object.entries(HOSTILE))
    it(`is not shown when it is ${what}`, () => {
      assert.equal(parseHostKey(answer, UUID), null);
    });

  describe('by xenstore-read', () => {
    let directory: TemporaryDirectory;
    beforeEach(() => {
      directory = new TemporaryDirectory();
    });
    afterEach(() => {
      directory.dispose();
    });

    async function asked(body: string, guest = { domid: 7, uuid: UUID }): Promise<string | null> {
      const command = directory.file('xenstore-read');
      await writeFile(command, `#!/bin/sh\n${body}\n`);
      await chmod(command, 0o755);
      return new Xenstore(command).hostKey(guest);
    }

    it('is asked for together with the domain that it is of', async () => {
      const body = `[ "$*" = '/local/domain/7/vm /local/domain/7/data/postern/ssh-host-key' ] && printf '%s\\n' /vm/${UUID} ${KEY}`;
      assert.equal(await asked(body), KEY);
      assert.equal(
        await asked(body, { domid: 7, uuid: '' }),
        null,
        'a domain without a UUID cannot be told from another',
      );
    });

    it('is none when there is none, when the guest wrote too much, and without the program', async () => {
      assert.equal(await asked('echo "xenstore-read: couldn\'t read path" >&2; exit 1'), null);
      assert.equal(await asked(`printf '%s\\n' /vm/${UUID} ${KEY}; exit 1`), null);
      assert.equal(await asked('head -c 100000 /dev/zero'), null);
      assert.equal(await new Xenstore(directory.file('none')).hostKey({ domid: 7, uuid: UUID }), null);
    });
  });
});
