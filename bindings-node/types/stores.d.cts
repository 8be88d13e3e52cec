export { V as coreVersion } from './driver.cjs';
