/* Photos to be sent: each is shown as soon as it is taken, and made smaller, so that it arrives from a phone in the street too.
   What this browser cannot read is sent as it is, and the site says what is wrong with it. */

const LONGEST = 2000; // pixels, as the site keeps them
const QUALITY = 0.9;

export function start(root) {
  for (const input of root.querySelectorAll('input[type=file]')) {
    input.addEventListener('change', () => take(input));
  }
}

async function take(input) {
  const file = input.files[0];
  const place = input.closest('.picture');
  const frame = place.querySelector('[data-frame]');
  const says = place.querySelector('[data-says]');
  says.textContent = '';
  if (!file) return;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' });
  } catch {
    frame.replaceChildren();
    return;
  }
  const canvas = drawn(bitmap);
  canvas.setAttribute('aria-hidden', 'true');
  frame.replaceChildren(canvas);
  const smaller = await new Promise((done) => canvas.toBlob(done, 'image/jpeg', QUALITY));
  if (!smaller || input.files[0] !== file || smaller.size >= file.size) return;
  const carrier = new DataTransfer();
  carrier.items.add(new File([smaller], 'photo.jpg', { type: 'image/jpeg' }));
  input.files = carrier.files;
}

function drawn(bitmap) {
  const scale = Math.min(1, LONGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement('canvas');
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const pen = canvas.getContext('2d');
  pen.fillStyle = '#fff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return canvas;
}
