// Photos as they are sent: smaller, and without what the camera noted.

import { newKey } from "./outbox.js";

const LONGEST_EDGE = 1600; // pixels

export const chosen = (form) => prepared(form.querySelector("[type=file]")?.files ?? []);

export async function prepared(list) {
  const files = [];
  for (const file of list) {
    files.push({ key: newKey(), name: file.name, blob: file.type.startsWith("image/") ? await smaller(file) : file });
  }
  return files;
}

// Drawn anew: smaller, upright, and without what the camera noted beside the picture.
async function smaller(file) {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const scale = Math.min(1, LONGEST_EDGE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.width, picture.height].map((n) => Math.max(1, Math.round(n * scale)));
    const context = canvas.getContext("2d");
    context.fillStyle = "#fff";
    context.fillRect(0, 0, canvas.width, canvas.height);
    context.drawImage(picture, 0, 0, canvas.width, canvas.height);
    return (await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85))) ?? file;
  } catch {
    return file; // the server looks at it, and says what is wrong
  }
}
