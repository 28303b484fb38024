import type { Command } from 'commander';
import { addAuditCommand } from './audit.js';
import { addBackupCommand } from './backup.js';
import { addConsoleCommand } from './console.js';
import { addCustomerCommand } from './customer.js';
import { addDoctorCommand } from './doctor.js';
import { addDomainCommand } from './domain.js';
import { addHostkeyCommand } from './hostkey.js';
import { addImportCommand } from './import.js';
import { addKeyCommand } from './key.js';
import { addMaintenanceCommand } from './maintenance.js';
import { addPolicyCommand } from './policy.js';
import { addRecordingCommand } from './recording.js';
import { addRoleCommand } from './role.js';
import { addSessionCommand } from './session.js';
import { addSetupCommand } from './setup.js';

/** Adds all that admins type, in the order of the help. */
export function addAdminCommands(program: Command): void {
  addCustomerCommand(program);
  addKeyCommand(program);
  addRoleCommand(program);
  addDomainCommand(program);
  addSessionCommand(program);
  addMaintenanceCommand(program);
  addAuditCommand(program);
  addPolicyCommand(program);
  addConsoleCommand(program);
  addRecordingCommand(program);
  addHostkeyCommand(program);
  addSetupCommand(program);
  addImportCommand(program);
  addBackupCommand(program);
  addDoctorCommand(program);
}
