import './cli/installation/fit-node.js';
import { watchPrograms } from './program-bundles.js';

// For `npm run dev`: bundles the programs again after each change, until it is ended.
await watchPrograms();
