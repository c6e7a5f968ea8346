import { lockFolder } from "../../../local/folder-lock.ts";

/** Locks the folder that is named, says so, and holds it until it is killed. */
const [, , folder = ""] = process.argv;
try {
  await lockFolder(folder);
  console.log("locked");
  setInterval(() => undefined, 1_000);
} catch (error) {
  console.log(String(error));
}
