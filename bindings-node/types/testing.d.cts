export { coreVersion } from './index.cjs';
