export { Z as coreVersion } from './driver.cjs';
