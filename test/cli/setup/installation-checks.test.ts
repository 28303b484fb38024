import assert from 'node:assert/strict';
import { appendFileSync, chmodSync, rmSync } from 'node:fs';
import { checkInstallation } from '../../../server/cli/doctor/installation-checks.js';
import { RootDirectory } from '../../../server/cli/command/root-directory.js';
import { USUAL_PLACE } from '../../../server/cli/installation/place.js';
import { setUp } from '../../../server/cli/setup/set-up.js';
import { TemporaryDirectory } from '../../support/temporary-directory.js';

describe('doctor: the installation', () => {
  it('is well after setup, and says what has become of it since', async () => {
    const directory = new TemporaryDirectory();
    try {
      const found = (place = USUAL_PLACE): string[] =>
        checkInstallation(new RootDirectory(directory.path), 'both', place).map(
          ({ level, finding, mend }) => `${level} ${finding}${mend === null ? '' : ` -> ${mend}`}`,
        );
      assert.match(
        found()[0] ?? '',
        /^warn there is no \/etc\/sysusers\.d\/postern\.conf -> postern setup both --apply$/,
      );
      await setUp('both', { root: directory.path, apply: true });
      assert.deepEqual(found(), ['ok 9 files and directories are as this version has them']);

      rmSync(directory.file('etc/tmpfiles.d/postern.conf'));
      appendFileSync(directory.file('etc/systemd/system/postern-dom0.service'), 'PrivateTmp=yes\n');
      chmodSync(directory.file('var/lib/postern'), 0o755);
      assert.deepEqual(found(), [
        'warn there is no /etc/tmpfiles.d/postern.conf -> postern setup both --apply',
        'warn /etc/systemd/system/postern-dom0.service was edited -> see how it differs: postern setup both',
        'fail /var/lib/postern has mode 0755, to be 0700 -> postern setup both --apply',
      ]);
      const moved = found('/srv/postern').join('\n');
      assert.match(moved, /postern-gate\.service is not of this version/);
      assert.match(moved, /\/usr\/local\/sbin\/postern is not of this version/);
    } finally {
      directory.dispose();
    }
  });
});
