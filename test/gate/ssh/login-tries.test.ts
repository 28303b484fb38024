import assert from 'node:assert/strict';
import type { LoginRequest, RefusedBecause } from '../../../server/gate/ssh/authenticate.js';
import { LoginTries } from '../../../server/gate/ssh/login-tries.js';

describe('gate/ssh: the tries of a connection that are remembered', () => {
  const request = (name: string, signed: boolean): LoginRequest => {
    const bytes = Buffer.from(name);
    const signature = signed ? { bytes, whole: bytes, signed: bytes } : null;
    return { login: name, method: 'publickey', key: { algorithm: 'ssh-ed25519', blob: bytes, signature } };
  };

  /** @returns the logins that are remembered, with `!` for a signature */
  function remembered(...requests: readonly LoginRequest[]): string {
    const because: RefusedBecause = 'key-expired';
    const tries = new LoginTries({
      answer: () => ({ kind: 'refused', because, isTry: true, fingerprint: null, regress: null }),
    });
    for (const one of requests) tries.answer(one);
    return tries.refused.map(({ login, signed }) => `${login}${signed ? '!' : ''}`).join(' ');
  }
  const probes = Array.from({ length: 12 }, (_, index) => request(`p${index}`, false));
  const signatures = Array.from({ length: 12 }, (_, index) => request(`s${index}`, true));

  it('keeps the first ten of an agent full of keys', () => {
    assert.equal(remembered(...probes), 'p0 p1 p2 p3 p4 p5 p6 p7 p8 p9');
    assert.equal(remembered(...signatures, ...probes), 's0! s1! s2! s3! s4! s5! s6! s7! s8! s9!');
  });

  it('keeps the signature for a key that came behind ten probes: its refusal is the one that counts', () => {
    const late = request('late', true);
    assert.equal(remembered(...probes, late), 'p1 p2 p3 p4 p5 p6 p7 p8 p9 late!');
    assert.equal(remembered(...probes, late, late), 'p1 p2 p3 p4 p5 p6 p7 p8 p9 late!');
  });
});
