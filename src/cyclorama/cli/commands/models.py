"""``cyclorama models``: list networks and install them on this machine."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from typer import Argument, Option

from cyclorama.cli.commands import compare
from cyclorama.cli.errors import complain, stopped
from cyclorama.cli.help import CommandGroup
from cyclorama.cli.options import JsonOption
from cyclorama.core.errors import ModelError, SettingsError

if TYPE_CHECKING:
    from cyclorama.models.catalogue import Licence, ModelEntry
    from cyclorama.pipeline.jobs.optimize_plan import OptimizePlan

HELP = """The networks that cut people out: list, compare, get, check, import, optimize, remove.

The selfie networks come with the package. Everything else is pulled once, or imported from a file, and then works
without a network. A pull, by `models pull` or by a yes where it is offered, is the only connection that cyclorama opens
of its own.
"""
EXAMPLES = """\b
Examples:
  cyclorama models list                  what there is, and what is here
  cyclorama models compare me.jpg        see yourself cut out by each, with times
  cyclorama models pull rvm              get the one for live video
  cyclorama live --model rvm             use it
  cyclorama models import my.onnx --name my-net --kind salient

\b
They lie in the user's data folder, or in CYCLORAMA_MODELS_DIR.
"""
LIST_EXAMPLES = """\b
Examples:
  cyclorama models list
  cyclorama models list --json

\b
Quality: a word, and the mean error of alpha x1000 on our evaluation clips, lower is better; - where not measured.
Speed: of a run on this machine. cyclorama models compare measures it.
"""
INFO_EXAMPLES = """\b
Examples:
  cyclorama models info rvm
  cyclorama models info isnet --json
"""
PULL_EXAMPLES = """\b
Examples:
  cyclorama models pull isnet
  cyclorama models pull rvm --accept-license     in a script: you have read the licence

\b
A pull that was cut short goes on where it stopped. Without a network: download the address that
`cyclorama models info NAME` shows elsewhere, then cyclorama models import FILE --name NAME
"""
VERIFY_EXAMPLES = """\b
Examples:
  cyclorama models verify
  cyclorama models verify rvm --json
"""
IMPORT_EXAMPLES = """\b
Examples:
  cyclorama models import rvm_mobilenetv3_fp32.onnx --name rvm
  cyclorama models import matting.onnx --name my-modnet --kind modnet
  cyclorama models import net.onnx --name my-net --kind salient --input-size 512x512 \\
      --mean 0.485,0.456,0.406 --std 0.229,0.224,0.225 --output alpha --activation sigmoid

\b
Kinds:
  rvm       Robust Video Matting: frames in order, with a memory
  modnet    MODNet: people, picture by picture
  salient   whatever stands out: U2-Net, ISNet, RMBG, BiRefNet

\b
A wrong --mean or --std does not fail, it only looks like a weak network: take them from its publisher.
"""
OPTIMIZE_EXAMPLES = """\b
Examples:
  cyclorama models optimize rvm
  cyclorama models optimize isnet --precision int8 --pictures my-photos --max-loss 0.005

\b
What is kept is used with --model NAME-PRECISION, as in --model rvm-fp16.
"""
REMOVE_EXAMPLES = """\b
Examples:
  cyclorama models remove rvm
"""

app = CommandGroup()
NameArgument = Annotated[str, Argument(metavar="NAME", help="Of cyclorama models list.", show_default=False)]


@app.command("list", epilog=LIST_EXAMPLES, short_help="What there is, and what is here.")
def list_models(json: JsonOption = False) -> int:
    """List all models: of the catalogue, bundled and imported."""
    from cyclorama.cli.model_report import list_text, plain
    from cyclorama.cli.offer import offer_finer_network
    from cyclorama.cli.report import print_json
    from cyclorama.models import store
    from cyclorama.models.catalogue import load_catalogue
    from cyclorama.models.speeds import read_speeds

    here = {model.entry.name: model for model in store.list_installed()}
    known = load_catalogue().models
    entries = [here[name].entry if name in here else known[name] for name in known]
    entries += [model.entry for name, model in here.items() if name not in known]
    measured = read_speeds()
    if json:
        print_json([plain(entry, here.get(entry.name), measured) for entry in entries])
        return 0
    print(list_text(entries, here, known, measured))
    print(f"They lie in {store.models_dir()}.")
    offer_finer_network("models list")
    return 0


@app.command("info", epilog=INFO_EXAMPLES, short_help="All about one model.")
def info(name: NameArgument, json: JsonOption = False) -> int:
    """Show a model's licence, source, hash, and what it takes and gives."""
    from cyclorama.cli.model_report import details, plain, state
    from cyclorama.cli.report import print_json
    from cyclorama.models import store
    from cyclorama.models.catalogue import load_catalogue

    installed = next((model for model in store.list_installed() if model.entry.name == name), None)
    entry = store.published(name) if installed is None else installed.entry
    if json:
        print_json(plain(entry, installed))
        return 0
    catalogue = load_catalogue()
    here = state(installed, catalogue.models.get(name))
    print(details(entry, installed, here, catalogue.licences.get(entry.licence)))
    return 0


@app.command("pull", epilog=PULL_EXAMPLES, short_help="Download one, checked against its hash.")
def pull(
    name: NameArgument,
    accept_license: Annotated[
        bool, Option("--accept-license", "--accept-licence", help="Yes to the licence, without a question.")
    ] = False,
    json: JsonOption = False,
) -> int:
    """Download a model from its publisher. What is here already, and undamaged, is not downloaded again."""
    from cyclorama.cli.download_bar import download_bar
    from cyclorama.cli.model_report import plain, pulled_text
    from cyclorama.cli.report import print_json
    from cyclorama.models import store

    begin = time.monotonic()

    def accept(entry: ModelEntry, licence: Licence) -> bool:
        terms = f"{licence.title} ({licence.url}): {licence.summary}"
        if not accept_license and not sys.stdin.isatty():
            raise SettingsError(
                f"nobody is here to accept the licence of {entry.name}, {terms}; "
                f"read it, then run cyclorama models pull {entry.name} --accept-license"
            )
        print(f"{entry.name} ({entry.title}) is under the {terms}", file=sys.stderr)
        return accept_license or typer.confirm("Do you accept this licence?", err=True)

    try:
        with download_bar(name) as on_progress:
            model = store.pull(name, accept, on_progress)
    except KeyboardInterrupt:
        return stopped(f"{name} is not here yet; cyclorama models pull {name} goes on where this stopped")
    if json:
        print_json(plain(model.entry, model))
    else:
        print(pulled_text(model, time.monotonic() - begin))
    return 0


app.command("compare", epilog=compare.EXAMPLES, short_help="See one picture cut out by each, with times.")(
    compare.compare
)


@app.command("verify", epilog=VERIFY_EXAMPLES, short_help="Check files against their hashes.")
def verify(
    name: Annotated[str | None, Argument(metavar="[NAME]", help="Only this one.", show_default=False)] = None,
    json: JsonOption = False,
) -> int:
    """Read every byte of the models that are here, and compare. Exit code 4 where one is damaged."""
    from cyclorama.cli.report import print_json, table
    from cyclorama.models import store

    checks = store.verify(name)
    if json:
        print_json(
            [{"name": c.name, "path": str(c.path), "ok": not c.problem, "problem": c.problem or None} for c in checks]
        )
    else:
        print(table([[check.name, "damaged" if check.problem else "ok", str(check.path)] for check in checks]))
        for check in checks:
            if check.problem:
                print(f"\n{check.name}: {check.problem}")
    return ModelError.exit_code if any(check.problem for check in checks) else 0


@app.command("import", epilog=IMPORT_EXAMPLES, short_help="Take in an ONNX file of your own.")
def import_model(
    file: Annotated[Path, Argument(metavar="FILE", help="The .onnx file; it is copied.", show_default=False)],
    name: Annotated[str, Option("--name", metavar="NAME", help="What --model shall call it.", show_default=False)],
    kind: Annotated[
        str | None,
        Option("--kind", metavar="KIND", help="rvm, modnet or salient; not needed for a name of the catalogue."),
    ] = None,
    input_size: Annotated[
        str | None, Option("--input-size", metavar="WxH", help="What it takes, in pixels. [as in the file]")
    ] = None,
    mean: Annotated[str | None, Option("--mean", metavar="R,G,B", help="Subtracted after scaling to 0..1.")] = None,
    std: Annotated[str | None, Option("--std", metavar="R,G,B", help="Divided by after that.")] = None,
    scale_by_max: Annotated[
        bool | None,
        Option("--scale-by-max/--scale-by-255", help="Scale by the picture's own maximum, as U2-Net does, or by 255."),
    ] = None,
    output: Annotated[str | None, Option("--output", metavar="NAME", help="The output with alpha. [the first]")] = None,
    activation: Annotated[
        str | None,
        Option("--activation", metavar="HOW", help="What makes that 0..1: none, sigmoid (of logits) or minmax."),
    ] = None,
    json: JsonOption = False,
) -> int:
    """Copy an ONNX file into the store, after a look into it. What is not given is as usual for its kind."""
    from cyclorama.cli.model_options import read_contract, read_kind
    from cyclorama.cli.model_report import imported_text, plain, state
    from cyclorama.cli.report import print_json
    from cyclorama.models import store
    from cyclorama.models.catalogue import load_catalogue

    contract = read_contract(
        input_size=input_size, mean=mean, std=std, scale_by_max=scale_by_max, output=output, activation=activation
    )
    model = store.import_file(file, name, read_kind(kind), contract)
    if json:
        print_json(plain(model.entry, model))
        return 0
    print(imported_text(model, state(model, load_catalogue().models.get(name))))
    return 0


@app.command("optimize", epilog=OPTIMIZE_EXAMPLES, short_help="Make a faster variant, if there is one here.")
def optimize(
    name: NameArgument,
    precision: Annotated[
        str | None, Option("--precision", metavar="fp16|int8", help="[int8 on the CPU, fp16 on anything else]")
    ] = None,
    pictures: Annotated[
        Path | None, Option("--pictures", metavar="DIR", help="Pictures to compare on. [the bundled portrait]")
    ] = None,
    max_loss: Annotated[
        float, Option("--max-loss", metavar="0..1", help="Mean difference of alpha that is allowed.")
    ] = 0.01,
    json: JsonOption = False,
) -> int:
    """Make a variant with smaller numbers, and keep it only where it is faster here and loses little."""
    from dataclasses import asdict

    from cyclorama.cli.model_options import read_precision
    from cyclorama.cli.model_report import optimized_text
    from cyclorama.cli.progress import progress
    from cyclorama.cli.report import print_json
    from cyclorama.pipeline.jobs import optimize as pipeline

    if not 0 <= max_loss <= 1:
        raise SettingsError(f"--max-loss: {max_loss:g} is not a number from 0 to 1")
    with progress("optimizing", "steps") as on_progress:
        report = pipeline.optimize(
            name,
            read_precision(precision),
            pictures,
            max_loss=max_loss,
            on_plan=_tell_plan,
            on_progress=on_progress,
        )
    if json:
        print_json({**asdict(report), "kept": report.path is not None, "faults": report.faults})
        return 0
    print(optimized_text(name, report))
    return 0


def _tell_plan(plan: OptimizePlan) -> None:
    for told in plan.in_words():
        complain(told, "note")


@app.command("remove", epilog=REMOVE_EXAMPLES, short_help="Delete one from this machine.")
def remove(name: NameArgument, json: JsonOption = False) -> int:
    """Delete a pulled or imported model, and what an unfinished pull left of it."""
    from cyclorama.cli.report import print_json
    from cyclorama.models import store

    path = store.remove(name)
    if json:
        print_json({"name": name, "path": str(path), "removed": True})
    else:
        print(f"{name} is removed: {path}")
    return 0
