from experiments.asking import Answer as Answer
from experiments.asking import ask as ask
from experiments.asking import compare as compare
from experiments.asking import load as load
