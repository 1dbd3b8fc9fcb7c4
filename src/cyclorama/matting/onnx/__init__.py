"""ONNX networks behind the matting port: one session, one small adapter a family, driven by its contract."""
