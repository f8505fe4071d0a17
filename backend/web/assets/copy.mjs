// Copies what the pages use out of node_modules into static/vendor, where Flask serves it.
import { copyFileSync, mkdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, "..", "static", "vendor");
const files = [
  "bootstrap/dist/css/bootstrap.min.css",
  "bootstrap/dist/js/bootstrap.bundle.min.js",
  "echarts/dist/echarts.min.js",
  "htmx.org/dist/htmx.min.js",
  "weui/dist/style/weui.min.css",
];

mkdirSync(vendor, { recursive: true });
for (const file of files) {
  copyFileSync(join(here, "node_modules", file), join(vendor, basename(file)));
}
console.log(`${files.length} files copied to ${vendor}`);
