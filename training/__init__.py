"""Makes the pocket models: draws captioned pictures, trains a CLIP and a VQGAN on them, writes the weights."""
