"""Single pictures at full resolution: photos in, cut-outs out, in bounded memory."""
