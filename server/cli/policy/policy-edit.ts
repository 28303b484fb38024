import type { Command } from 'commander';
import { adminCommand, withAdminClient } from '../admin/admin-command.js';
import type { AdminOptions } from '../admin/admin-command.js';
import { adminName } from '../admin/admin-name.js';
import { Dialog } from '../command/dialog.js';
import { PolicyEditing } from './policy-editing.js';
import { chooseFile } from './choose-file.js';
import { PolicyLock } from './policy-lock.js';
import { putInForce } from './policy-reload.js';

/** Adds `postern policy edit`. */
export function addEditCommand(policy: Command): void {
  adminCommand(
    policy,
    'edit [file]',
    'Edit a copy of a policy file as visudo does, in $VISUAL or $EDITOR, else editor or vi. Checks it, shows who gains and loses what, and puts it in force when you say so.',
    ['postern policy edit', 'EDITOR=nano postern policy edit 20-vip.yaml'],
  ).action(async (name: string | undefined, options: AdminOptions) => {
    await withAdminClient(options, async (client, settings) => {
      const lock = await PolicyLock.take(settings.policy, adminName());
      const dialog = new Dialog();
      try {
        const file = await chooseFile(settings.policy, name, dialog);
        const edit = new PolicyEditing({ file, client, settings, dialog });
        if (await edit.run()) await putInForce(client, options);
      } finally {
        dialog.close();
        lock.release();
      }
    });
  });
}
