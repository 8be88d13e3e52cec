export { Y as coreVersion } from './driver.cjs';
