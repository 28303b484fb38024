import assert from 'node:assert/strict';
import { mailboxOf, maskedAddress, parseMailAddress } from '../../policy/mail-address.js';

describe('policy: mail addresses', () => {
  const taken = [
    'anna@example.net',
    'a@example.net',
    'anna.b+postern@mail.example.co.uk',
    "o'hara_1@xn--bcher-kva.example",
    '_ops@example.net',
  ];
  for (const text of taken) {
    it(`takes ${text}`, () => {
      assert.equal(parseMailAddress(text), text);
    });
  }

  const refused: readonly (readonly [what: string, text: string])[] = [
    ['nothing', ''],
    ['no at-sign', 'anna.example.net'],
    ['two at-signs', 'anna@example@example.net'],
    ['no local part', '@example.net'],
    ['no domain', 'anna@'],
    ['a domain of one label, which is a host near by', 'root@localhost'],
    ['an address literal', 'anna@[127.0.0.1]'],
    ['an IPv4 address', 'anna@127.0.0.1'],
    ['an option of a program', '-oQ/tmp@example.net'],
    ['an option after a blank', 'anna@example.net -X/tmp/log'],
    ['a line feed, which would begin a header', 'anna@example.net\nBcc: eve@example.net'],
    ['a carriage return', 'anna@example.net\rBcc: eve@example.net'],
    ['a line end before the at-sign', 'anna\r\n@example.net'],
    ['a NUL', 'anna\0@example.net'],
    ['a comma: two receivers', 'anna@example.net,eve@example.net'],
    ['a name around it', 'Anna <anna@example.net>'],
    ['quotes', '"anna b"@example.net'],
    ['a path of sendmail', '/var/mail/anna@example.net'],
    ['a pipe of sendmail', '|/bin/sh@example.net'],
    ['a file of sendmail', ':include:/etc/passwd@example.net'],
    ['a letter outside of ASCII', 'änna@example.net'],
    ['a letter outside of ASCII in the domain', 'anna@exämple.net'],
    ['a label that begins with a hyphen', 'anna@-example.net'],
    ['an empty label', 'anna@example..net'],
    ['a dot at the end', 'anna@example.net.'],
    ['two dots in the local part', 'an..na@example.net'],
    ['a dot before the at-sign', 'anna.@example.net'],
    ['a local part of 65 characters', `${'a'.repeat(65)}@example.net`],
    ['more than 254 characters', `anna@${'a.'.repeat(130)}net`],
    ['a percent path after the at-sign', 'anna@example.net%evil'],
  ];
  for (const [what, text] of refused) {
    it(`refuses ${what}`, () => {
      assert.equal(parseMailAddress(text), undefined);
    });
  }

  it('writes the domain in small letters', () => {
    assert.equal(parseMailAddress('Anna@Example.NET'), 'Anna@example.net');
  });

  it('counts the spellings of one mailbox together', () => {
    const spellings = ['anna@example.net', 'Anna@example.net', 'anna+one@example.net', 'an.na+2@example.net'];
    const boxes = new Set(spellings.map((text) => mailboxOf(parseMailAddress(text) ?? assert.fail(text))));
    assert.deepEqual([...boxes], ['anna@example.net']);
  });

  it('masks an address for records', () => {
    assert.equal(maskedAddress('anna@example.net'), 'a…@example.net');
  });
});
