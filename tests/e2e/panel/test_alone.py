"""What the page does with answers that a running session seldom gives, and its modules one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from doubles.browser_panel import BrowserPanel
from doubles.page_alone import CAMERAS, OUTPUTS, PageAlone, give, photo

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator


def clip(id: str, state: str = "added") -> dict[str, Any]:
    facts = {"seconds": 2.0, "size_wh": [64, 48], "fps": 10.0, "progress": 0.0, "eta_s": None, "error": None}
    return {"id": id, "name": f"{id}.mp4", "state": state, **facts}


Modules = Callable[..., Any]
"""Runs the body of an asynchronous function beside the page's modules; ``given`` is its argument."""


@pytest.fixture(scope="module")
def modules(panel: BrowserPanel, browser: Browser) -> Iterator[Modules]:
    """One empty page of the panel for all tests of modules alone."""
    page = browser.new_page()
    page.goto(f"{panel.client.access.address}/docs")
    yield lambda script, given=None: page.evaluate("async (given) => {" + script + "}", given)
    page.close()


def test_of_many_values_the_newest_is_worked_on_also_after_a_failure(modules: Modules) -> None:
    assert modules("""
        const { latest } = await import("/ui/latest.js");
        const seen = [], waits = [];
        const take = latest((value) => { seen.push(value); return new Promise((...ends) => waits.push(ends)); });
        const first = take(1);
        take(2);
        take(3);
        waits[0][1](new Error("the first fails"));
        await new Promise((soon) => setTimeout(soon));
        waits[1]?.[0]();
        const failed = await first.then(() => "", (error) => error.message);
        const last = take(4);
        waits.at(-1)[1](new Error("the last fails"));
        return [seen, failed, await last.then(() => "", (error) => error.message)];
    """) == [[1, 3, 4], "", "the last fails"]


def test_a_new_stroke_leaves_nothing_to_draw_again(modules: Modules) -> None:
    assert modules("""
        const { Strokes, forgetStrokes } = await import("/photos/strokes.js");
        const strokes = new Strokes("x"), told = [];
        for (const name of ["a", "b", "c"]) strokes.add(name);
        told.push(strokes.undo(), strokes.undo(), strokes.redo(), strokes.drawn.join(""));
        strokes.add("d");
        told.push(strokes.redo(), strokes.drawn.join(""), new Strokes("x").drawn.join(""));
        forgetStrokes("x");
        told.push(new Strokes("x").drawn.length, new Strokes("x").undo());
        return told;
    """) == [True, True, True, "ab", False, "abd", "abd", 0, False]


def test_an_order_has_its_own_options_and_strokes_where_there_is_a_brush(modules: Modules) -> None:
    made = modules("""
        const { Order } = await import("/photos/order.js");
        const order = new Order({ make: "cutout", strokes: 2, background: "office", margin: null, shadow: true });
        return ["cutout", "headshot", "product", "id-photo"].map((make) => ((order.make = make), order.body(["s"])));
    """)
    assert made == [
        {"make": "cutout", "background": "office", "crop": False, "shadow": True, "strokes": ["s"]},
        {"make": "headshot", "preset": ["square"], "background": ["studio-grey"]},
        {"make": "product", "shop": "square", "shadow": True, "strokes": ["s"]},
        {"make": "id-photo", "spec": "us"},
    ]


def test_another_stroke_after_undo_forgets_the_results_of_the_first(modules: Modules) -> None:
    assert modules("""
        const { Layers } = await import("/photos/layers.js");
        const picture = (color) => {
            const canvas = new OffscreenCanvas(8, 8);
            const context = canvas.getContext("2d");
            context.fillStyle = color;
            context.fillRect(0, 0, 8, 8);
            return canvas.transferToImageBitmap();
        };
        const layers = new Layers(picture("#fff"), [8, 8]);
        const red = () => layers.context.getImageData(4, 4, 1, 1).data.join();
        layers.take(0, picture("#100000"));
        layers.take(1, picture("#200000"));
        const far = { keep: false, radius: 0.5, points: [[0, 0]] };
        layers.show([far]);
        const before = red();
        layers.branch(1);
        layers.show([far]);
        const after = red();
        for (let count = 1; count < 9; count += 1) layers.take(count, picture("#300000"));
        return [before, after, [...layers.results.keys()]];
    """) == ["32,0,0,255", "16,0,0,255", [3, 4, 5, 6, 7, 8]]


def test_zooming_keeps_the_place_under_the_pointer(modules: Modules) -> None:
    found = modules("""
        const { Viewport } = await import("/photos/viewport.js");
        const view = new Viewport([100, 50]);
        view.resize(200, 200);
        const whole = [view.scale, ...view.offset];
        const before = view.toPicture([150, 120]);
        view.zoom(4, [150, 120]);
        const after = view.toPicture([150, 120]);
        view.pan(-10_000, 10_000);
        return [whole, before, after, view.scale, view.offset];
    """)
    assert found == [[2, 0, 50], [75, 35], [75, 35], 8, [200 - 800, 0]]


def test_a_second_finger_forgets_the_stroke_and_pans(modules: Modules) -> None:
    assert modules("""
        const { Gestures } = await import("/photos/gestures.js");
        const told = [];
        const canvas = document.createElement("canvas");
        canvas.setPointerCapture = () => {};
        const note = (name) => (...values) => told.push(name, ...values);
        const view = { toPicture: (point) => point, zoom: (factor) => told.push("zoom", factor), pan: () => {} };
        const heard = ["begin", "extend", "end", "cancel", "draw"].map((name) => [name, note(name)]);
        new Gestures({ canvas, view, tool: "erase", ...Object.fromEntries(heard) });
        const send = (kind, pointerId, offsetX) => {
            const event = new PointerEvent(`pointer${kind}`, { pointerId });
            Object.defineProperties(event, { offsetX: { value: offsetX }, offsetY: { value: 0 } });
            canvas.dispatchEvent(event);
        };
        send("down", 1, 0);
        send("down", 2, 10);
        send("move", 2, 20);
        return told;
    """) == ["begin", [0, 0], "cancel", "zoom", 2, "draw"]


def test_changes_that_come_while_one_is_made_go_together(alone: PageAlone) -> None:
    assert alone.run("""
        const { Session } = await import("/live/session.js");
        const session = new Session();
        const changes = [{ zoom: 1 }, { zoom: 2 }, { mirror: true }, { zoom: 3 }];
        await Promise.all(changes.map((each) => session.change(each)));
    """) is None  # fmt: skip
    assert alone.changes() == [{"zoom": 1}, {"zoom": 3, "mirror": True}]


def test_a_change_that_is_refused_is_taken_back_and_told(alone: PageAlone) -> None:
    alone.answers["PATCH /session"] = (400, {"error": "not now", "fix": {"label": "Mend it", "action": "demo"}})
    alone.answers["POST /fixes/demo"] = lambda body: (200, alone.state)
    mirror = alone.page.locator(".tile", has_text="Mirror")
    mirror.click()
    alone.page.locator(".toast[role=alert] p", has_text="Not now.").wait_for()
    assert mirror.get_attribute("aria-pressed") == "false"
    alone.page.get_by_role("button", name="Mend it").click()
    alone.until(lambda: ("POST", "/fixes/demo", None) in alone.asked)
    assert alone.changes() == [{"mirror": True}]
    alone.said.clear()


def test_what_is_wrong_stands_above_the_picture_with_what_mends_it(alone: PageAlone) -> None:
    fixes = [{"label": "Try again", "action": "retry"}, {"label": "Use the demo picture", "action": "demo"}]
    alone.answers["POST /fixes/demo"] = lambda body: (200, alone.state)
    alone.tell(problem={"text": "the camera is gone", "fixes": fixes}, running=False)
    alone.page.locator(".problem[role=alert] p", has_text="The camera is gone.").wait_for()
    assert alone.page.locator(".problem button").all_inner_texts() == ["Try again", "Use the demo picture"]
    alone.page.get_by_role("button", name="Use the demo picture").click()
    alone.until(lambda: ("POST", "/fixes/demo", None) in alone.asked)
    alone.tell(problem=None, running=True)
    alone.page.locator(".problem").wait_for(state="hidden")


def test_a_lost_connection_is_told_and_made_again_and_a_refused_one_is_not(alone: PageAlone) -> None:
    bar, before = alone.page.locator("#offline"), alone.connections
    alone.hang_up()
    alone.until(lambda: alone.connections > before)
    alone.tell(words="smooth; again")
    alone.page.locator(".status-line .note", has_text="Again").wait_for()
    assert bar.is_hidden()
    alone.run("window.WebSocket = function () { setTimeout(() => this.onclose({ code: 1006 })); };")
    alone.hang_up()
    bar.filter(has_text="does not answer").wait_for()
    alone.run("window.WebSocket = function () { setTimeout(() => this.onclose({ code: 1008 })); };")
    bar.filter(has_text="not allowed in").wait_for()
    alone.page.reload()
    alone.until(lambda: alone.connections > before + 1)


def test_nothing_is_asked_for_or_told_while_the_tab_is_hidden(alone: PageAlone) -> None:
    hide = "Object.defineProperty(document, 'hidden', { value: given, configurable: true });"
    wake = "document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));"
    alone.until(lambda: len(alone.questions) > 1)
    alone.run(hide + wake, True)
    alone.page.wait_for_timeout(100)
    before, connections = len(alone.questions), alone.connections
    alone.page.wait_for_timeout(700)
    assert (len(alone.questions), alone.connections) == (before, connections)
    alone.run(hide + wake, False)
    alone.until(lambda: len(alone.questions) > before)
    assert alone.connections == connections + 1, "it had let go of the connection"
    assert alone.page.locator("#offline").is_hidden()


def test_devices_are_chosen_by_their_ids(alone: PageAlone) -> None:
    page = alone.page
    for part, label, choices in (
        ("Camera and framing", "Camera", ("demo", "/dev/video5")),
        ("Virtual camera", "Virtual camera", ("camera:/dev/video9", "camera")),
        ("Microphone", "Microphone", ("3", "")),
    ):
        page.locator("#view-live summary", has_text=part).click()
        select = page.get_by_label(label, exact=True)
        select.locator(f"option[value='{choices[0]}']").wait_for(state="attached")
        for choice in choices:
            select.select_option(choice)
    alone.until(lambda: len(alone.changes()) == 6)
    sent = {"source": ["demo", "/dev/video5"], "to": [["camera:/dev/video9"], ["camera"]], "mic": ["3", None]}
    assert alone.changes() == [{key: value} for key, values in sent.items() for value in values]


def test_the_first_start_is_asked_for_the_camera_and_is_over_when_it_is_closed(alone: PageAlone) -> None:
    alone.page.get_by_role("button", name="first three questions").click()
    select = alone.page.locator("dialog select")
    select.locator("option[value='/dev/video5']").wait_for(state="attached")
    select.select_option("/dev/video5")
    alone.page.keyboard.press("Escape")
    alone.until(lambda: len(alone.changes()) == 2)
    assert alone.changes() == [{"source": "/dev/video5"}, {}]


def test_a_network_is_fetched_under_the_licence_that_was_shown(alone: PageAlone) -> None:
    alone.answers["POST /models/rvm/pull"] = {"id": "t1"}
    alone.answers["GET /tasks/t1"] = {"state": "working", "done": 3, "total": 15, "error": None}
    stopped = {"state": "failed", "done": 3, "total": 15, "error": "cancelled"}
    alone.answers["DELETE /tasks/t1"] = lambda body: (alone.answers.update({"GET /tasks/t1": stopped}) or 200, {})
    alone.page.locator("#view-live summary", has_text="Outline and quality").click()
    alone.page.get_by_role("button", name="Accept GPL-3.0 and get it (15 MB)").click()
    alone.page.get_by_role("button", name="Stop").click()
    alone.page.get_by_role("button", name="Accept GPL-3.0").wait_for()
    assert alone.page.locator(".toast").count() == 0, "who stops it knows"
    assert ("DELETE", "/tasks/t1", None) in alone.asked
    assert ("POST", "/models/rvm/pull", {"licence": "GPL-3.0"}) in alone.asked


def unfold(alone: PageAlone, title: str) -> Locator:
    """Open a part of the details, again if it is open, so that it asks for its lists."""
    part = alone.page.locator("#view-live details.fold", has_text=title)
    part.evaluate("details => { details.open = false; }")
    alone.page.wait_for_timeout(50)  # two changes in one task are one event
    part.evaluate("details => { details.open = true; }")
    return part


def test_a_download_is_followed_past_questions_without_an_answer(alone: PageAlone) -> None:
    working = {"state": "working", "done": 3, "total": 15, "error": None}
    answers = iter([(200, working), (503, {"error": "busy"}), (503, {"error": "busy"}), (200, {**working, "done": 9})])
    done = {**working, "state": "done", "done": 15}
    alone.answers |= {"POST /models/rvm/pull": {"id": "t1"}, "GET /tasks/t1": lambda body: next(answers, (200, done))}
    unfold(alone, "Outline and quality").get_by_role("button", name="Accept GPL-3.0 and get it").click()
    alone.page.get_by_text("Fine hair and hands, calm in motion: it is here.").wait_for()
    assert alone.page.locator(".toast[role=alert]").count() == 0
    alone.said.clear()


def test_what_cannot_be_listed_is_told_below_the_list(alone: PageAlone) -> None:
    devices = {"cameras": CAMERAS[1:], "microphones": [], "outputs": OUTPUTS}
    alone.answers["GET /devices"] = {**devices, "problems": {"cameras": "this OpenCV is old: update it"}}
    alone.page.wait_for_timeout(1000)  # the list of devices counts as known for so long
    told = unfold(alone, "Camera and framing").get_by_text("This OpenCV is old: update it")
    told.wait_for()
    alone.answers["GET /devices"] = {**devices, "problems": {}}
    alone.page.wait_for_timeout(1000)
    unfold(alone, "Camera and framing")
    told.wait_for(state="detached")


def test_controls_of_the_table_send_what_settings_take(modules: Modules) -> None:
    rows = [
        {"key": "a", "kind": "whole", "range": [0, 30], "default": "auto"},
        {"key": "b", "kind": "pair", "range": [-1, 1], "default": "0,0"},
        {"key": "c", "kind": "flag", "range": None, "default": "yes"},
    ]
    common = {"group": "x", "choices": [], "unset": "", "help": "", "metavar": "", "live": True}
    assert modules(
        """
        const { SettingControl } = await import("/live/settings.js");
        const sent = [], hidden = [];
        const [a, b, c] = given.map((row) => new SettingControl(row, (key, value) => sent.push([key, value])));
        const slide = (control, at, value) => {
            const input = control.element.querySelectorAll("input")[at];
            input.value = value;
            input.dispatchEvent(new Event("input"));
        };
        a.show("auto");
        slide(a, 0, 4);
        slide(a, 0, 0);
        b.show("0.5,-0.5");
        slide(b, 1, 0.25);
        for (const [control, value] of [[a, "auto"], [a, 4], [c, true], [c, false]]) {
            control.show(value);
            hidden.push(control.reset.hidden);
        }
        for (const control of [a, b, c]) control.reset.click();
        return [sent, hidden];
        """,
        [row | common for row in rows],
    ) == [
        [["a", 4], ["a", "auto"], ["b", "0.5,0.25"], ["a", "auto"], ["b", "0,0"], ["c", True]],
        [True, False, True, False],
    ]


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_files_come_into_the_part_that_is_shown_and_no_other(alone: PageAlone, kind: str) -> None:
    wall = {"id": "w1", "name": "wall", "kind": "folder", "moving": False}
    alone.answers |= {"POST /backgrounds": (201, wall), "POST /photos": (201, photo("p1"))}
    alone.answers["GET /backgrounds"] = [*alone.answers["GET /backgrounds"], wall]
    give(alone, "view-live", kind)
    alone.until(lambda: {"background": "w1"} in alone.changes())
    alone.page.get_by_role("link", name="Photos").click()
    alone.page.get_by_role("heading", name="Drop photos here").wait_for()
    give(alone, "view-photos", kind)
    alone.until(lambda: [path for method, path, _ in alone.asked if method == "POST"] == ["/backgrounds", "/photos"])


def test_only_backgrounds_of_the_user_can_be_removed(alone: PageAlone) -> None:
    kinds = ("builtin", "recent", "folder")
    alone.answers["GET /backgrounds"] = [{"id": kind, "name": kind, "kind": kind, "moving": False} for kind in kinds]
    alone.run('await (await import("/ui/backgrounds.js")).loadBackgrounds();')
    assert alone.page.locator("#view-live .card .remove").count() == 1
    alone.page.get_by_role("button", name="Remove Folder").wait_for(state="attached")


def test_a_clip_is_ordered_as_it_was_chosen(alone: PageAlone) -> None:
    alone.answers |= {"GET /clips": [clip("k")], "POST /clips/k/start": clip("k")}
    page = alone.page
    page.get_by_role("link", name="Clips").click()
    page.get_by_role("button", name="Convert").click()
    page.locator("#view-clips .segment label", has_text="WebM").click()
    page.locator("#view-clips .segment label", has_text="Fast").click()
    page.locator("#view-clips .card label", has_text="Transparent").click()
    page.get_by_role("button", name="Convert").click()
    started = "POST", "/clips/k/start"
    alone.until(lambda: len([each for each in alone.asked if each[:2] == started]) == 2)
    assert [body for method, path, body in alone.asked if (method, path) == started] == [
        {"background": "office", "quality": "best"},
        {"background": "transparent", "quality": "fast", "format": "webm"},
    ]


def test_the_same_file_can_be_chosen_again(modules: Modules) -> None:
    assert modules("""
        const { fileButton } = await import("/ui/files.js");
        const taken = [];
        const button = fileButton("x", { accept: "*" }, (files) => taken.push(...files.map(({ name }) => name)));
        const input = button.querySelector("input");
        const files = new DataTransfer();
        files.items.add(new File(["x"], "a.png"));
        input.files = files.files;
        input.dispatchEvent(new Event("change"));
        return [taken, input.value];
    """) == [["a.png"], ""]  # fmt: skip


def test_a_profile_has_a_name_that_the_settings_file_takes(alone: PageAlone) -> None:
    alone.answers |= {"PUT /profiles/Zo%C3%AB_2": {}, "POST /session/profile": lambda body: (200, alone.state)}
    page = alone.page
    page.locator("#view-live summary", has_text="Profiles").click()
    name = page.get_by_label("Save what is set now as")
    for wrong in ("my evening", "a/b", ""):
        name.fill(wrong)
        assert not name.evaluate("input => input.checkValidity()")
    name.fill("Zoë_2")
    page.get_by_role("button", name="Save", exact=True).click()
    page.get_by_text("Saved as Zoë_2.").wait_for()
    page.get_by_role("button", name="day").click()
    alone.until(lambda: ("POST", "/session/profile", {"name": "day"}) in alone.asked)


def test_numbers_as_people_say_them(modules: Modules) -> None:
    assert modules("""
        const words = await import("/ui/words.js");
        return [
            [5, 65, 3725].map(words.clock), [2, 33, 80, 200].map(words.roughly),
            [10, 1234567, 23456789, 3e9].map(words.size),
            [1, 2].map((count) => words.counted(count, "photo")), words.named("light_wrap"),
        ];
    """) == [
        ["0:05", "1:05", "1:02:05"],
        ["a few seconds", "35 seconds", "about a minute", "about 3 minutes"],
        ["1 kB", "1.2 MB", "23 MB", "3.0 GB"],
        ["1 photo", "2 photos"],
        "Light wrap",
    ]
