import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AuthorityName } from '../../policy/names.js';
import { fingerprintOf } from '../../server/gate/keys/public-key.js';
import { GateUnderTest } from '../support/gate-under-test.js';
import { run } from '../support/house.js';
import type { Ended } from '../support/house.js';
import { NO_KEY_RULE, policy } from '../support/policy-values.js';
import { SshClient } from '../support/ssh-client.js';
import { ADMIN } from '../support/temporary-store.js';
import { FORKY, opensshOf, TRIXIE } from './debian-openssh.js';
import { OpenSsh } from './openssh.js';
import { SecurityKeyDevice, type DeviceKey } from './security-key-device.js';
import { absent, type Target } from './ssh-program.js';

const PROGRAMS = [new OpenSsh(), opensshOf(TRIXIE), opensshOf(FORKY)];
const VERIFIED_ONLY = policy({
  keyRules: [{ ...NO_KEY_RULE, subjects: { customers: [], groups: [], roles: [] }, verified: true }],
});
const NO_COMPILER = absent('cc', ['--version'], 'gcc');

for (const program of PROGRAMS) {
  const missing = program.missing ?? NO_COMPILER;
  const about = missing ?? program.version();
  (missing === null ? describe : describe.skip)(
    `clients: security keys of ${program.name} (${about})`,
    () => {
      const client = new SshClient();
      const gate = new GateUnderTest({ login: { tries: 1000 } });
      const device = new SecurityKeyDevice();
      const authority = client.key('authority');
      let customers = 0;

      before(async () => {
        await device.plugIn();
        await gate.listen();
        const [type = '', blob = ''] = gate.hostKey.publicLine.split(' ');
        const { blob: blobOfCa, type: typeOfCa } = authority;
        const ca = {
          name: 'ca' as AuthorityName,
          fingerprint: fingerprintOf(blobOfCa),
          type: typeOfCa,
          blob: blobOfCa,
        };
        gate.store.authorities.add({ ...ca, everybody: true, customers: [], groups: [] }, ADMIN);
        writeFileSync(join(client.directory, 'known'), `[127.0.0.1]:${gate.port} ${type} ${blob}\n`);
      });
      afterEach(() => {
        gate.policy = null;
        device.isTouched = true;
      });
      after(async () => {
        client.dispose();
        await device.remove();
        await gate.dispose();
      });

      /** @param typed what the user types where the client asks for the PIN */
      function ssh(
        login: string,
        key: DeviceKey,
        typed = '',
        settings: readonly string[] = [],
      ): Promise<Ended> {
        const to: Target = {
          port: gate.port,
          login,
          key: key.file,
          knownHosts: join(client.directory, 'known'),
          hostKey: gate.hostKey.publicLine,
          home: client.directory,
        };
        const own = [`SecurityKeyProvider=${device.provider}`, ...settings];
        const { file, args } = program.configured(to, own, 'whoami');
        const env = { ...program.env, ...device.env(typed), HOME: client.directory };
        const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
        return run('env', [...variables, file, ...args], '');
      }

      function customerWith(key: DeviceKey): string {
        customers += 1;
        gate.customer(`customer-${customers}`, [key.blob]);
        return `customer-${customers}`;
      }

      const accepted = (): boolean | undefined => gate.eventsOf('login.accepted').at(-1)?.verified;
      /** The reason of the last refusal. */
      const refusal = (): string => {
        const said = gate.logged.filter(({ message }) => message === 'login.refused').at(-1)?.fields;
        return (said as { because?: string } | undefined)?.because ?? 'none';
      };

      for (const type of ['ed25519-sk', 'ecdsa-sk'] as const) {
        describe(type, () => {
          it('comes in by a touch, also with a name for its application, and the counter goes on', async () => {
            for (const options of [[], ['application=ssh:work']]) {
              const key = await device.make(type, options);
              const login = customerWith(key);
              for (let times = 0; times < 2; times += 1) {
                const { status, stdout, stderr } = await ssh(login, key);
                assert.equal(status, 0, stderr);
                assert.equal(stdout, `${login} -\n`);
                assert.doesNotMatch(stderr, /warning|post-quantum/i);
                assert.equal(accepted(), undefined);
              }
            }
          });

          it('does not come in without a touch: none was given, or the key was made so', async () => {
            const key = await device.make(type);
            device.isTouched = false;
            assert.equal((await ssh(customerWith(key), key)).status, 255);
            device.isTouched = true;
            const careless = await device.make(type, ['no-touch-required']);
            const { status, stderr } = await ssh(customerWith(careless), careless);
            assert.equal(status, 255);
            assert.match(stderr, /Permission denied \(publickey\)/);
            assert.equal(refusal(), 'user-not-present');
          });

          it('needs the PIN where the policy says so, and the right one', async () => {
            const [plain, own] = [await device.make(type), await device.make(type, ['verify-required'])];
            const [first, second] = [customerWith(plain), customerWith(own)];
            gate.policy = VERIFIED_ONLY;
            assert.equal((await ssh(first, plain)).status, 255);
            assert.equal(refusal(), 'user-not-verified');
            assert.equal((await ssh(second, own, '000000')).status, 255, 'a wrong PIN');
            assert.equal((await ssh(second, own, device.pin)).stdout, `${second} -\n`);
            assert.equal(accepted(), true);
          });

          it('is refused and recorded when its counter goes back, and comes in again by the next ones', async () => {
            const key = await device.make(type);
            const login = customerWith(key);
            assert.equal((await ssh(login, key)).status, 0);
            const last = device.counter;
            device.counter = last - 1;
            assert.equal((await ssh(login, key)).status, 255);
            assert.equal(refusal(), 'counter-went-back');
            const row = gate.eventsOf('key.counter.regressed').at(-1);
            assert.deepEqual([row?.customer, row?.last, row?.counter], [login, last, last]);
            assert.equal((await ssh(login, key)).status, 0);
          });

          it('comes in by a certificate over it, which may ask for the PIN', async () => {
            const key = await device.make(type);
            const careful = await device.make(type, ['verify-required']);
            gate.customer(`by-${type}`, []);
            for (const [one, typed, options] of [
              [key, '', []],
              [careful, device.pin, ['-O', 'verify-required']],
            ] as const) {
              const args = ['-q', '-s', authority.file, '-I', 'a login', '-n', `by-${type}`, ...options];
              execFileSync('ssh-keygen', [...args, `${one.file}.pub`], { stdio: 'pipe' });
              const certificate = `${one.file}-cert.pub`;
              assert.match(
                readFileSync(certificate, 'utf8'),
                /^sk-(ssh-ed25519|ecdsa-sha2-nistp256)-cert-v01@/,
              );
              const { status, stderr } = await ssh(`by-${type}`, one, typed, [
                `CertificateFile=${certificate}`,
              ]);
              assert.equal(status, 0, stderr);
              assert.equal(gate.eventsOf('login.accepted').at(-1)?.certificate?.keyId, 'a login');
              assert.equal(accepted(), typed === '' ? undefined : true);
            }
          });
        });
      }
    },
  );
}
