"use strict"
// Builds the scenes of a composition from its variables. Every text is set as text: nothing of it is ever markup.
// All that moves is a CSS animation that begins at its own second, so that any frame can be drawn by itself.

const SVG = "http://www.w3.org/2000/svg"
const given = window.__hyperframes.getVariables()
const root = document.querySelector("[data-composition-id]")
const upright = Number(root.dataset.height) > Number(root.dataset.width)

function list(text) {
  try {
    const found = JSON.parse(text)
    return Array.isArray(found) ? found : []
  } catch {
    return []
  }
}

function put(parent, kind, text, second) {
  const made = document.createElement(kind === "list" ? "ol" : "div")
  made.className = kind
  if (text !== undefined) made.textContent = text
  if (second !== undefined) made.style.animationDelay = `${second}s`
  parent.append(made)
  return made
}

// A text is set smaller where it is long: once, by its letters, so that every frame agrees. Numbers are never cut.
function fitted(made, text, sizes) {
  const wide = [...String(text)].reduce((sum, letter) => sum + (letter.codePointAt(0) > 0x2e7f ? 1.75 : 1), 0)
  const [size] = sizes.find(([, most]) => wide <= most) || sizes[sizes.length - 1]
  made.style.fontSize = `${size}px`
  return made
}

function drawn(name, attributes, parent) {
  const made = document.createElementNS(SVG, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  parent.append(made)
  return made
}

function bars(parent, chart, start) {
  parent.classList.add(chart.points.length > 5 ? "many" : chart.points.length > 3 ? "some" : "few")
  const low = chart.points.reduce((sum, one) => Math.max(sum, one.negative ? one.share : 0), 0)
  chart.points.forEach((one, number) => {
    const row = put(parent, one.strong ? "bar strong" : "bar")
    put(row, "name", one.label)
    const track = put(row, "track")
    track.style.setProperty("--before", one.negative ? low - one.share : low)
    const begins = start + 0.5 + 0.14 * number
    const fill = put(track, one.negative ? "fill negative" : "fill", undefined, begins)
    fill.style.setProperty("--share", Math.max(one.share, 0.004))
    put(track, "value", one.text, begins + 0.45)
  })
}

function line(parent, chart, start) {
  const [width, height] = [1000, 420]
  const svg = drawn("svg", { viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none" }, put(parent, "plot"))
  const spots = chart.points.map((one, number) => [
    10 + (number * (width - 20)) / Math.max(chart.points.length - 1, 1),
    height - 16 - one.share * (height - 32),
  ])
  const path = spots.map(([x, y]) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ")
  const area = drawn("polygon", { class: "area", points: `10,${height} ${path} ${width - 10},${height}` }, svg)
  const stroke = drawn("polyline", { class: "stroke", points: path, pathLength: "1" }, svg)
  area.style.animationDelay = `${start + 0.9}s`
  stroke.style.animationDelay = `${start + 0.6}s`
  const marks = put(parent, "marks")
  const named = chart.points.filter((one) => one.label)
  if (named.length > 1) {
    put(marks, "name", named[0].label)
    put(marks, "name", named[named.length - 1].label)
  }
}

function table(parent, chart, start) {
  const made = put(parent, "table")
  made.style.setProperty("--columns", chart.columns.length)
  put(made, "head", "")
  chart.columns.forEach((name) => put(made, "head number", name))
  chart.rows.forEach((row, number) => {
    row.forEach((text, place) => put(made, place ? "cell number" : "cell", text, start + 0.5 + 0.14 * number))
  })
}

function card(parent, chart, start) {
  const made = put(parent, `card ${chart.shape}`, undefined, start + 0.25)
  if (chart.label) put(made, "label", chart.label)
  if (chart.text) {
    const row = put(made, "total")
    const slot = put(row, "slot")
    fitted(put(slot, "figure", chart.text, start + 0.45), chart.text, [[120, 9], [96, 12], [72, 17], [52, 24], [34, 40]])
    if (chart.change) put(row, "change", chart.change, start + 0.9)
  }
  if (chart.quote) put(made, "quote", chart.quote, start + 0.8)
  if (chart.shape === "bars" || chart.shape === "comparison") bars(put(made, "bars"), chart, start)
  if (chart.shape === "line") line(made, chart, start)
  if (chart.shape === "table") table(made, chart, start)
  return made
}

function others(parent, chart, start) {
  if (!chart.others.length) return
  const made = put(parent, "others")
  chart.others.forEach(([name, text], number) => {
    const row = put(made, "other", undefined, start + 1 + 0.12 * number)
    put(row, "name", name)
    put(row, "value", text)
  })
}

function scene(one) {
  const made = put(root, `scene ${one.kind}${one.chart ? " charted" : ""}`, undefined, one.start)
  made.style.animationDuration = `${(one.end - one.start).toFixed(3)}s`
  const words = put(made, "words")
  if (one.kicker) put(words, "kicker", one.kicker, one.start + 0.05)
  const sizes = one.chart
    ? [[84, 34], [72, 52], [62, 80], [52, 130], [44, 999]]
    : [[124, 30], [104, 56], [86, 90], [70, 140], [56, 999]]
  fitted(put(words, "headline", one.headline, one.start + 0.12), one.headline, sizes)
  if (one.items && one.items.length) {
    const items = put(words, "list")
    one.items.forEach((text, number) => put(items, "item", text, one.start + 0.6 + 0.35 * number))
  }
  if (one.source) put(words, "source", one.source, one.start + 0.4)
  if (one.note) put(words, "note", one.note, one.start + 0.6)
  if (one.counter) put(made, "counter", one.counter, one.start + 0.2)
  if (one.chart) {
    const board = card(put(made, "board"), one.chart, one.start)
    others(upright ? board : words, one.chart, one.start)
  }
}

function build() {
  document.documentElement.lang = given.language
  document.documentElement.dir = given.direction === "rtl" ? "rtl" : "ltr"
  root.classList.add(upright ? "upright" : "wide")
  root.style.width = `${Number(root.dataset.width)}px`
  root.style.height = `${Number(root.dataset.height)}px`
  for (const name of ["accent", "on_accent", "bright"]) {
    root.style.setProperty(`--${name.replace("_", "-")}`, given[name])
  }
  list(given.scenes).forEach(scene)
  const top = put(root, "top")
  put(top, "brand", given.brand)
  put(top, "date", given.date)
  const film = Number(given.seconds)
  list(given.captions).forEach((one) => {
    const made = put(root, "caption", undefined, one.start)
    made.style.animationDuration = `${(one.end - one.start).toFixed(3)}s`
    put(made, "said", one.text)
  })
  const progress = put(root, "progress", undefined, 0)
  progress.style.animationDuration = `${film.toFixed(3)}s`
}

build()
