/* SPDX-License-Identifier: GPL-2.0-or-later */
'use strict';
const $ = id => document.getElementById(id);
const data = JSON.parse($('data').textContent);
/* As human_size() of util/cli/human.h writes the figures beside it. */
const bytes = n => {
  const unit = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let i = 0;
  for (; n >= 1023.5 && i < 6; i++) n /= 1024;
  return n.toFixed(i && n < 99.95 ? n < 9.995 ? 2 : 1 : 0) + ' ' + unit[i];
};
const count = n => n.toLocaleString('en');

/* ---- Tables: a click on a header sorts, words of the field choose rows ---- */
const tables = Array.from(document.querySelectorAll('table.rows'), table => {
  const heads = Array.from(table.tHead.rows[0].cells);
  const rows = Array.from(table.tBodies[0].rows, row => ({
    row, text: row.textContent.toLowerCase(),
    key: Array.from(row.cells, c => c.dataset.v === undefined ? c.textContent : +c.dataset.v),
  }));
  const field = $(table.id + '-find'), shown = $(table.id + '-shown');
  const sort = (i, up) => {
    const order = up ? 1 : -1;
    rows.sort((a, b) => (typeof a.key[i] === 'number' ? a.key[i] - b.key[i]
      : a.key[i] < b.key[i] ? -1 : a.key[i] > b.key[i] ? 1 : 0) * order);
    table.tBodies[0].append(...rows.map(r => r.row));
    heads.forEach((h, j) => j === i
      ? h.setAttribute('aria-sort', up ? 'ascending' : 'descending')
      : h.removeAttribute('aria-sort'));
  };
  const find = text => {
    const words = text.toLowerCase().split(/\s+/).filter(w => w);
    let n = 0;
    for (const r of rows) {
      r.row.hidden = !words.every(w => r.text.includes(w));
      n += !r.row.hidden;
    }
    field.value = text;
    shown.textContent = n === rows.length ? count(n) + ' rows'
      : count(n) + ' of ' + count(rows.length) + ' rows';
  };
  heads.forEach((h, i) => h.addEventListener('click', () => {
    const number = rows.length && typeof rows[0].key[i] === 'number';
    const now = h.getAttribute('aria-sort');
    sort(i, now ? now === 'descending' : !number);
  }));
  field.addEventListener('input', () => find(field.value));
  find('');
  return { table, heads, sort, find };
});

/* ---- Flame graph: data.flame is flat, {name, depth, start, weight} for each frame ---- */
const flame = { zoom() {}, search() {} };
if (data.flame && !data.flame.total) {
  $('flame').hidden = true;
  $('frame-at').textContent = 'There is nothing to draw.';
} else if (data.flame) {
  const { names, frames, total, unit } = data.flame, box = $('flame');
  const weigh = n => unit === 'bytes' ? bytes(n) : count(n) + ' ' + unit;
  const all = [];
  let deepest = 0;
  for (let i = 0; i < frames.length; i += 4) {
    const f = { name: names[frames[i]], depth: frames[i + 1], x: frames[i + 2], w: frames[i + 3] };
    let hash = 7;
    for (let c = 0; c < f.name.length; c++) hash = (hash * 31 + f.name.charCodeAt(c)) % 9973;
    f.el = document.createElement('div');
    f.el.className = 'frame';
    f.el.textContent = f.name;
    f.el.style.setProperty('--hue', 12 + hash % 42);
    f.el.style.top = f.depth * 19 + 'px';
    f.line = f.name + ': ' + weigh(f.w) + ', ' + (100 * f.w / total).toFixed(2) + '%';
    f.el.title = f.line;
    f.el.addEventListener('click', () => zoomTo(f));
    f.el.addEventListener('mouseenter', () => { $('frame-at').textContent = f.line; });
    deepest = Math.max(deepest, f.depth);
    all.push(f);
  }
  box.style.height = (deepest + 1) * 19 + 'px';
  box.append(...all.map(f => f.el));
  const zoomTo = target => {
    const from = target.x, span = target.w;
    for (const f of all) {
      const left = Math.max(f.x, from), right = Math.min(f.x + f.w, from + span);
      const share = (right - left) / span;
      f.el.style.display = share > 0.0002 ? '' : 'none';
      f.el.style.left = 100 * (left - from) / span + '%';
      f.el.style.width = 100 * share + '%';
      f.el.classList.toggle('above', f.depth < target.depth);
    }
    $('zoomed').textContent = target.depth ? 'in ' + target.name : '';
  };
  flame.zoom = name => zoomTo(all.find(f => f.name === name) || all[0]);
  flame.search = text => {
    const covered = [];
    let matched = 0, end = 0;
    for (const f of all) {
      const hit = text !== '' && f.name.toLowerCase().includes(text.toLowerCase());
      f.el.classList.toggle('hit', hit);
      if (hit) covered.push([f.x, f.x + f.w]);
    }
    covered.sort((a, b) => a[0] - b[0]);
    for (const [a, b] of covered)
      if (b > end) { matched += b - Math.max(a, end); end = b; }
    $('frame-find').value = text;
    $('matched').textContent = text === '' ? ''
      : text + ': ' + (100 * matched / total).toFixed(1) + '%';
  };
  $('frame-find').addEventListener('input', () => flame.search($('frame-find').value));
  $('unzoom').addEventListener('click', () => zoomTo(all[0]));
  zoomTo(all[0]);
}

/* ---- Memory and rates over time ---- */
if (data.time) {
  const { live, up, down, seconds } = data.time, n = live.length, svg = $('time');
  const width = 1200, left = 78, right = 12, top = 14, high = 190, gap = 34, low = 100;
  const make = (kind, attributes, text) => {
    const el = document.createElementNS('http://www.w3.org/2000/svg', kind);
    for (const [k, v] of Object.entries(attributes)) el.setAttribute(k, v);
    if (text !== undefined) el.textContent = text;
    return svg.appendChild(el);
  };
  const x = i => left + (width - left - right) * i / n;
  const most = Math.max(...live), rate = Math.max(...up, ...down);
  const ground = top + high, floor = ground + gap + low;
  const [unit, scale] = seconds >= 1 ? ['s', 1] : seconds >= 1e-3 ? ['ms', 1e3] : ['us', 1e6];
  const span = seconds * scale, digits = span < 10 ? 3 : span < 100 ? 2 : 1;
  const moment = share => (span * share).toFixed(digits) + ' ' + unit;
  svg.setAttribute('viewBox', `0 0 ${width} ${floor + 24}`);
  /* A scale with nothing on it has no figures but 0. */
  for (let i = 0; i <= (most ? 4 : 0); i++) {
    const y = ground - high * i / 4;
    make('line', { class: 'axis', x1: left, x2: width - right, y1: y, y2: y });
    make('text', { x: left - 8, y: y + 4, 'text-anchor': 'end' }, bytes(most * i / 4));
  }
  for (let i = 0; i <= (rate && seconds ? 1 : 0); i++) {
    const y = floor - low * i;
    make('line', { class: 'axis', x1: left, x2: width - right, y1: y, y2: y });
    make('text', { x: left - 8, y: y + 4, 'text-anchor': 'end' },
      i ? count(Math.round(rate * n / seconds)) + '/s' : '0');
  }
  for (let i = 0; i <= (seconds ? 8 : 0); i++)
    make('text', { x: x(n * i / 8), y: floor + 18, 'text-anchor': i ? i === 8 ? 'end' : 'middle' : 'start' },
      moment(i / 8));
  make('path', { class: 'live', d: `M${x(0)} ${ground}` + live.map((v, i) => {
    const y = ground - high * v / (most || 1);
    return `L${x(i)} ${y}L${x(i + 1)} ${y}`;
  }).join('') + `L${x(n)} ${ground}Z` });
  for (const [name, values] of [['up', up], ['down', down]])
    make('path', { class: name,
      d: 'M' + values.map((v, i) => `${x(i + 0.5)} ${floor - low * v / (rate || 1)}`).join('L') });
  const at = make('line', { class: 'at', y1: top, y2: floor, visibility: 'hidden' });
  svg.addEventListener('mousemove', e => {
    const place = svg.getBoundingClientRect();
    const i = Math.floor(((e.clientX - place.left) / place.width * width - left) / (width - left - right) * n);
    if (i < 0 || i >= n) return;
    at.setAttribute('x1', x(i + 0.5)); at.setAttribute('x2', x(i + 0.5));
    at.setAttribute('visibility', 'visible');
    $('time-at').textContent = moment((i + 0.5) / n) + ': ' + bytes(live[i]) +
      ' allocated, ' + count(up[i]) + ' allocations and ' + count(down[i]) + ' frees in ' +
      (1000 * seconds / n).toPrecision(3) + ' ms';
  });
}

/* ---- The address may ask: #table=pages&sort=Hits&find=ext4&search=vfs&zoom=vfs_write ---- */
const follow = () => {
  const wish = new URLSearchParams(location.hash.slice(1));
  const t = tables.find(t => t.table.id === wish.get('table')) || tables[0];
  const by = (wish.get('sort') || '').toLowerCase();
  const i = t ? t.heads.findIndex(h => by && h.textContent.trim().toLowerCase() === by) : -1;
  if (i >= 0) t.sort(i, wish.get('order') === 'ascending');
  if (t && wish.has('find')) t.find(wish.get('find'));
  if (wish.has('zoom')) flame.zoom(wish.get('zoom'));
  if (wish.has('search')) flame.search(wish.get('search'));
};
addEventListener('hashchange', follow);
follow();
