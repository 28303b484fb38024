import assert from 'node:assert/strict';
import { pino } from 'pino';
import type { LoadedSettings } from '../../../config/settings-file.js';
import { SettingsReload } from '../../../server/cli/half/settings-reload.js';

interface Settings {
  readonly log: { readonly level: string };
  readonly host: string;
  readonly profiles: readonly string[];
}

describe('the settings of a half that runs', () => {
  const BEFORE: Settings = { log: { level: 'info' }, host: 'xen1', profiles: ['rescue'] };
  let inFile: LoadedSettings<Settings>;
  let reload: SettingsReload<Settings>;

  beforeEach(() => {
    reload = new SettingsReload<Settings>(
      () => inFile,
      ({ profiles }) => {
        if (profiles.length === 0) throw new Error('a host needs a profile');
        return { ...BEFORE, profiles };
      },
      pino({ level: 'info' }, { write: () => undefined }),
    );
  });

  function file(settings: Partial<Settings>): void {
    inFile = { ok: true, settings: { ...BEFORE, ...settings }, warnings: [] };
    reload.reload();
  }

  it('waits for a restart with what the half does not take, until the file is as before', () => {
    file({ profiles: ['rescue', 'debian'] });
    assert.deepEqual(reload.troubles, []);
    file({ profiles: ['debian'], host: 'xen2' });
    assert.deepEqual(reload.troubles, ['The settings have changed and wait for a restart: host.']);
    file({ profiles: ['debian'] });
    assert.deepEqual(reload.troubles, []);
  });

  it('says that settings were refused, by the file or by the half, until they are sound', () => {
    const REFUSED = ['The settings file has errors: the settings of before are in force.'];
    file({ profiles: [] });
    assert.deepEqual(reload.troubles, REFUSED);
    inFile = { ok: false, problems: [] };
    reload.reload();
    assert.deepEqual(reload.troubles, REFUSED);
    file({});
    assert.deepEqual(reload.troubles, []);
  });
});
