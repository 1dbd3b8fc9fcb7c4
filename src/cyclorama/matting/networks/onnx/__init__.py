"""Networks in ONNX files, on ONNX Runtime."""
